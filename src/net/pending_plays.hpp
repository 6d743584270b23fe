// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/ring.hpp"

#include <audiosocket/call/play_result.hpp>
#include <audiosocket/net/detail/completion.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <utility>

namespace audiosocket::detail {

/// The operations that wait until a sound has been played, in the order of the playout queue, each with the ticket of
/// its sound.
///
/// Reports come in that order, so take() finds its operation at the front, unless operations before it were cancelled.
/// In steady state nothing here allocates.
class pending_plays {
  public:
    /// Makes room for one more operation, so that add() cannot fail.
    void make_room() { entries_.make_room(1); }

    void add(play_ticket ticket, completion<play_result> waiter) {
        entry& added = entries_.push();
        added.ticket = ticket;
        added.waiter = std::move(waiter);
    }

    /// Removes and returns the operation with this ticket; nothing if it was cancelled.
    completion<play_result> take(play_ticket ticket) noexcept {
        completion<play_result> found;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (entries_[i].ticket != ticket) continue;
            found = std::move(entries_[i].waiter);
            entries_.erase(i);
            break;
        }
        return found;
    }

    /// Completes all operations with this error: those whose reports were lost, because there was no memory for them.
    /// An operation whose executor needs memory for that, and finds none, is destroyed.
    void end(boost::system::error_code error) noexcept {
        auto all = std::exchange(entries_, {}); // destroying a handler may call this object again
        for (; !all.empty(); all.pop())
            unless_memory_is_out([&] { all.front().waiter.complete(error, {}, false); });
    }

    /// Gives all operations up, because their io_context is being destroyed.
    void give_up(boost::system::error_code error) {
        auto all = std::exchange(entries_, {}); // destroying a handler may call this object again
        for (; !all.empty(); all.pop())
            all.front().waiter.give_up(error);
    }

  private:
    struct entry {
        play_ticket ticket{};
        completion<play_result> waiter;
    };

    ring<entry> entries_;
};

} // namespace audiosocket::detail
