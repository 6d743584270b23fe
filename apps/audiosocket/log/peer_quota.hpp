// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace audiosocket::app {

/// How many lines of a log each peer may have in a second, or in another window of time, so that a peer
/// that floods it does not hide the lines of others. A peer is an IPv4 address, or the half of an IPv6 address that
/// names the network, because a peer can choose the other half freely.
///
/// How it works: the peers of the last second stand in a table of bounded size. When more peers than that have
/// something logged within a second, those that find no place share one quota, and so only they hide each other.
class peer_quota {
  public:
    using peer = boost::asio::ip::address;
    using time_point = std::chrono::steady_clock::time_point;

    explicit peer_quota(std::uint64_t lines, std::chrono::nanoseconds length = std::chrono::seconds(1));

    /// Whether a line about this peer may be logged now; otherwise it is counted.
    bool allows(const peer& who, time_point now);

    /// How many lines were left out of a peer's window; no peer: of those that share.
    struct left_out {
        std::optional<peer> who;
        std::uint64_t lines = 0;
    };

    /// Takes what was left out of the windows that are over; of all windows if `at_end`.
    std::vector<left_out> take_left_out(time_point now, bool at_end = false);

    /// Enough for every Asterisk that one server has; a walk through it costs less than making a line.
    static constexpr std::size_t peers_max = 64;

  private:
    struct window {
        std::optional<peer> who;
        time_point began{};
        std::uint64_t lines = 0;
    };

    window& window_of(const peer& who, time_point now);

    const std::uint64_t lines_max_;
    const std::chrono::nanoseconds length_;
    std::vector<window> windows_;   // the first is that of all who share
    std::vector<left_out> to_tell_; // of windows whose place another has taken
};

} // namespace audiosocket::app
