// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/eviction_order.hpp"
#include "net/handshake.hpp"

#include <audiosocket/net/network.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <unordered_map>

namespace audiosocket::detail {

/// A connection that was admitted and whose id has not arrived.
struct pending_connection {
    handshake line;
    host_key host;
};

/// The pending connections of a listener: reads their ids, and ends those that are late. Each is settled exactly once:
/// its id has arrived, or it has ended.
///
/// They are in the order of their deadlines, and share one timer, because any peer may open thousands of them. A second
/// order (eviction_order) says which is closed for a new one. It is a member of its owner, and keeps the owner alive
/// while an operation is in progress. Use it only on the io_context.
class pending_connections {
  public:
    struct owner {
        /// Returns a pointer that keeps the owner alive.
        virtual std::shared_ptr<void> keep_alive() = 0;

        /// Called when a connection is settled (`up` or `over`), after it was removed. May add and end other
        /// connections.
        virtual void settled(pending_connection& c, handshake::state now) = 0;

      protected:
        ~owner() = default;
    };

    pending_connections(const io_executor& executor, owner& whose) : owner_(whose), timer_(executor) {}
    pending_connections(const pending_connections&) = delete;
    pending_connections& operator=(const pending_connections&) = delete;

    /// Adds a connection and begins to read its id.
    void add(tcp_socket socket, session rules, const host_key& host);

    std::size_t size() const noexcept { return by_deadline_.size(); }
    bool empty() const noexcept { return by_deadline_.empty(); }

    /// Ends the oldest connection of the host that has the most (eviction_order), for this reason. There must be a
    /// connection.
    void evict(io_error why);

    /// Ends all connections, for this reason.
    void end_all(io_error why);

    /// Stops the timer, so that the io_context may run out of work. There must be no connections.
    void stop_timer();

  private:
    struct entry;
    using deadlines = std::multimap<time_point, std::shared_ptr<entry>>;

    void wait_for_bytes(const std::shared_ptr<entry>& e);
    void end(entry& e, io_error why);
    bool settle(entry& e, handshake::state now);
    void set_timer();
    void end_late_ones();

    owner& owner_;
    deadlines by_deadline_;
    eviction_order eviction_;
    std::unordered_map<eviction_order::number, entry*> by_number_; // of `eviction_`
    io_timer timer_;                                               // for the first deadline, or earlier
    time_point timer_at_ = time_point::max();
};

} // namespace audiosocket::detail
