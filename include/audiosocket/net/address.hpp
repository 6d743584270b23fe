#pragma once

#include <audiosocket/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket {

/// The port that the field uses for AudioSocket, by convention.
inline constexpr std::uint16_t default_port = 9092;

/// Where a server is: a name or number, and a port.
struct address {
    std::string host;
    std::uint16_t port = default_port;

    /// As parse_address(), but throws std::invalid_argument, which says what was expected.
    AUDIOSOCKET_EXPORT static address parse(std::string_view text);

    bool operator==(const address&) const = default;
};

/// Reads HOST, HOST:PORT, [IPV6]:PORT or :PORT (then the host is empty: every address of this machine). Nothing if the
/// text is none of these, or the port is not from 0 to 65535. Digits alone are a port that somebody forgot the colon
/// of, and no host.
AUDIOSOCKET_EXPORT std::optional<address> parse_address(std::string_view text);

/// HOST:PORT, with brackets where the host has colons.
AUDIOSOCKET_EXPORT std::string to_string(const address& where);

} // namespace audiosocket
