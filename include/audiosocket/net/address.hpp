// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace audiosocket {

/// The port that AudioSocket servers use by convention.
inline constexpr std::uint16_t default_port = 9092;

/// Where a server is: a host, as a name or an IP address, and a port. An empty host means every address of this
/// machine.
///
/// Not an aggregate, because GCC 12 destroys a braced temporary of one twice in a co_await expression.
struct address {
    /// Every address of this machine, at the default port.
    address() = default;

    /// A host, as it stands, and a port. For text with both ("host:9092") use parse().
    address(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}

    std::string host;                  ///< A name or an IP address. Empty: every address of this machine.
    std::uint16_t port = default_port; ///< 0, to listen on: a free port.

    /// Reads what parse_address() reads. Throws std::invalid_argument, whose text says what is expected, for any other
    /// text.
    AUDIOSOCKET_EXPORT static address parse(std::string_view text);

    /// Compares as text: two spellings of one address are not equal.
    bool operator==(const address&) const = default;
};

/// Reads HOST, HOST:PORT, [IPV6]:PORT or :PORT, which leaves the host empty. Returns nothing for any other text, and if
/// the port is not from 0 to 65535. Digits alone are not a host, because they are most likely a port without its colon.
AUDIOSOCKET_EXPORT std::optional<address> parse_address(std::string_view text);

/// Returns HOST:PORT, with brackets around a host that has colons.
AUDIOSOCKET_EXPORT std::string to_string(const address& where);

} // namespace audiosocket
