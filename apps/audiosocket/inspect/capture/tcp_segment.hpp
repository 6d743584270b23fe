// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace audiosocket::app::inspect {

/// One end of a TCP connection.
struct endpoint {
    std::array<std::uint8_t, 16> address{}; ///< in network byte order; IPv4 uses the first four bytes
    bool is_v6 = false;
    std::uint16_t port = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): the compiler writes the comparison with 0
    auto operator<=>(const endpoint&) const = default;
};

/// Returns "10.0.0.1:9092" or "[2001:db8::1]:9092".
std::string to_string(const endpoint& e);

/// One TCP segment of a captured packet.
struct tcp_segment {
    endpoint from;
    endpoint to;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    bool syn = false;
    bool ack = false;
    bool fin = false;
    bool rst = false;
    std::span<const std::byte> payload{}; ///< The captured part.
    std::size_t payload_bytes = 0;        ///< The length that was sent.
};

} // namespace audiosocket::app::inspect
