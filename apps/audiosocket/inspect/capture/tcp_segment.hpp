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
    std::array<std::uint8_t, 16> address{}; ///< in network byte order; of IPv4 the first four bytes
    bool is_v6 = false;
    std::uint16_t port = 0;

    auto operator<=>(const endpoint&) const = default;
};

/// Returns "10.0.0.1:9092" or "[2001:db8::1]:9092".
std::string to_string(const endpoint& e);

/// One TCP segment, as a packet of a capture has it.
struct tcp_segment {
    endpoint from;
    endpoint to;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    bool syn = false;
    bool ack = false;
    bool fin = false;
    bool rst = false;
    std::span<const std::byte> payload{}; ///< As far as it was captured.
    std::size_t payload_bytes = 0;        ///< As it was sent.
};

} // namespace audiosocket::app::inspect
