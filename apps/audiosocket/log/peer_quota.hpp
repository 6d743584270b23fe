// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace audiosocket::app {

/// Limits the log lines about each peer in a second, or in another window of time. So a peer that floods the log does
/// not hide the lines of others. A peer is an IPv4 address, or the network half of an IPv6 address, because a peer can
/// choose the other half freely.
///
/// How it works: the peers of the last second are in a table of bounded size. If more peers are logged within a second,
/// those without a place share one quota, and so hide only each other.
class peer_quota {
  public:
    using peer = boost::asio::ip::address;
    using time_point = std::chrono::steady_clock::time_point;

    explicit peer_quota(std::uint64_t lines, std::chrono::nanoseconds length = std::chrono::seconds(1));

    /// Returns whether a line about this peer may be logged now; otherwise it is counted.
    bool allows(const peer& who, time_point now);

    /// Lines that were left out in a window of a peer; no peer: of the peers that share a quota.
    struct left_out {
        std::optional<peer> who;
        std::uint64_t lines = 0;
    };

    /// Returns and forgets the counts of past windows; of all windows if `at_end`.
    std::vector<left_out> take_left_out(time_point now, bool at_end = false);

    /// Enough for every Asterisk that one server has; searching the table costs less than making a line.
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
    std::vector<window> windows_;   // the first is the shared window
    std::vector<left_out> to_tell_; // counts of windows that were replaced
};

} // namespace audiosocket::app
