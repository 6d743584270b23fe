// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_stream.hpp"

#include <list>
#include <map>
#include <utility>

namespace audiosocket::app::inspect {

/// The TCP connections of a capture: gives each segment to its own.
///
/// Memory is bounded: of more than connections_max connections the one that was quiet longest is reported as it stands,
/// and forgotten. A connection that has ended, or is not AudioSocket, stays in the table for a while, so that what
/// still comes for it does not begin a connection of its own.
class connection_table {
  public:
    static constexpr std::size_t connections_max = 20'000;
    /// TCP keeps a closed connection's addresses unused for so long (TIME-WAIT of Linux).
    static constexpr std::chrono::seconds ended_age_max{60};
    /// A connection without a packet for so long is over; its end is not in the capture.
    static constexpr std::chrono::minutes quiet_max{5};

    explicit connection_table(const capture_plan& plan) : plan_(plan) {}

    /// `at`: the time of the packet, which may lie before those of others.
    void take(const tcp_segment& s, timestamp at);

    /// Reports all that is still open. Call once, at the end.
    void finish();

  private:
    using key = std::pair<endpoint, endpoint>; // in order
    struct entry;
    using map = std::map<key, entry>;
    struct entry {
        entry(const capture_plan& plan, const tcp_segment& first, timestamp at)
            : connection(first), stream(std::make_unique<capture_stream>(plan, connection, at)), last_at(at) {}
        tcp_connection connection;
        std::unique_ptr<capture_stream> stream; // null when it has ended, or is not wanted
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
    std::list<map::iterator> ages_; // the one quiet longest first
    timestamp now_{};               // never goes back, because a length of time must not be negative
};

} // namespace audiosocket::app::inspect
