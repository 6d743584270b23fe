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

/// The address of a server: a host (a name or an IP address) and a port. An empty host means every address of this
/// machine.
///
/// It has constructors because GCC 12 destroys a braced temporary of an aggregate twice in a co_await expression.
struct address {
    /// Makes the address "every address of this machine, default_port".
    address() = default;

    /// Makes an address of a host and a port. The host is not parsed: for text with both ("host:9092") use parse().
    address(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}

    std::string host;                  ///< A name or an IP address. Empty: every address of this machine.
    std::uint16_t port = default_port; ///< The port. 0 listens on a free port.

    /// Reads HOST, HOST:PORT, [IPV6]:PORT or :PORT, as parse_address() does. Throws std::invalid_argument for any other
    /// text, and says what is expected.
    AUDIOSOCKET_EXPORT static address parse(std::string_view text);

    /// Compares as text: two spellings of one address are not equal.
    bool operator==(const address&) const = default;
};

/// Reads HOST, HOST:PORT, [IPV6]:PORT or :PORT (an empty host). Returns nothing for any other text, for a port that is
/// not from 0 to 65535, or a host with spaces, control characters or any of []/\@?#"<>. A number alone is not a host.
AUDIOSOCKET_EXPORT std::optional<address> parse_address(std::string_view text);

/// Returns HOST:PORT, with brackets around a host that has colons.
AUDIOSOCKET_EXPORT std::string to_string(const address& where);

} // namespace audiosocket
