// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_stream.hpp"

#include <list>
#include <map>
#include <utility>

namespace audiosocket::app::inspect {

/// The TCP connections of a capture: gives each segment to its connection.
///
/// Memory is bounded: beyond connections_max connections, the longest silent one is reported as it stands, and
/// forgotten. A connection that has ended, or is not AudioSocket, stays in the table for a while, so that late segments
/// do not begin a new connection.
class connection_table {
  public:
    static constexpr std::size_t connections_max = 20'000;
    /// TCP keeps the addresses of a closed connection unused for this long (TIME-WAIT of Linux).
    static constexpr std::chrono::seconds ended_age_max{60};
    /// A connection without a packet for this long counts as ended; its end is not in the capture.
    static constexpr std::chrono::minutes quiet_max{5};

    explicit connection_table(const capture_plan& plan) : plan_(plan) {}

    /// `at`: the time of the packet, which may be earlier than that of previous packets.
    void take(const tcp_segment& s, timestamp at);

    /// Reports all open connections. Called once, at the end.
    void finish();

  private:
    using key = std::pair<endpoint, endpoint>; // in order
    struct entry;
    using map = std::map<key, entry>;
    struct entry {
        entry(const capture_plan& plan, const tcp_segment& first, timestamp at)
            : connection(first), stream(std::make_unique<capture_stream>(plan, connection, at)), last_at(at) {}
        tcp_connection connection;
        std::unique_ptr<capture_stream> stream; // null if it has ended, or is skipped
        timestamp last_at;
        std::list<map::iterator>::iterator age;
        bool has_ended = false;
    };

    map::iterator add(const key& k, const tcp_segment& s);
    void end(entry& e);
    void remove(map::iterator e);
    void forget_quiet();
    bool is_new(const entry& e, const tcp_segment& s) const;

    capture_plan plan_;
    map entries_;
    std::list<map::iterator> ages_; // the longest silent first
    timestamp now_{};               // never decreases, because a duration must not be negative
};

} // namespace audiosocket::app::inspect
