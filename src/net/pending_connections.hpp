// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/eviction_order.hpp"
#include "net/handshake.hpp"
#include "net/retry.hpp"

#include <audiosocket/net/listener_options.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <unordered_map>

namespace audiosocket::detail {

/// A connection that was admitted and whose id has not arrived.
struct pending_connection {
    handshake line;
    host_key host;                      // for which the owner counts it
    refusal refused = refusal::network; // why, after handshake::state::refused
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

        /// Called when a proxy has named the peer of this connection, which is not settled yet. Returns whether the
        /// connection is admitted, and sets its `host`, or the reason in `refused`. Must not add or end connections.
        virtual bool named(pending_connection& c) = 0;

        /// Called when a connection is settled (`up`, `over` or `refused`), after it was removed. May add and end other
        /// connections.
        virtual void settled(pending_connection& c, handshake::state now) = 0;

      protected:
        ~owner() = default;
    };

    pending_connections(const io_executor& executor, owner& whose)
        : owner_(whose), timer_(executor), again_(executor) {}
    pending_connections(const pending_connections&) = delete;
    pending_connections& operator=(const pending_connections&) = delete;

    /// Adds a connection and begins to read its id. `from`: the host at the other end of the connection, which is the
    /// proxy until that has named the peer. Closes it and changes nothing if it throws std::bad_alloc.
    void add(pending_connection connection, const host_key& from);

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
    void remove(entry& e) noexcept;
    handshake::state read(entry& e);
    bool settle(entry& e, handshake::state now);
    void set_timer() noexcept;
    void end_late_ones();

    owner& owner_;
    deadlines by_deadline_;
    eviction_order eviction_;
    std::unordered_map<eviction_order::number, entry*> by_number_; // of `eviction_`
    io_timer timer_;                                               // for the first deadline, or earlier
    time_point timer_at_ = time_point::max();
    retry again_; // when there is no memory for the timer
};

} // namespace audiosocket::detail
