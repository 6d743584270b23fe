// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/io_timer.hpp"

#include <audiosocket/net/detail/reserved_memory.hpp>

#include <boost/asio/bind_allocator.hpp>

#include <chrono>
#include <new>
#include <thread>

namespace audiosocket::detail {

/// Repeats a little later what has failed for lack of memory, without operator new. It has one retry at a time. Use it
/// on the io_context.
class retry {
  public:
    explicit retry(const io_executor& executor) : timer_(executor) {}
    retry(const retry&) = delete;
    retry& operator=(const retry&) = delete;

    /// Runs `action()` after this time, unless a retry is pending. `action` must keep this object alive, because it is
    /// stored here. It must fit into reserved_memory. If there is no memory even for a timer, blocks the thread for a
    /// millisecond and then posts `action`.
    template <class Action>
    void after(std::chrono::nanoseconds wait, const Action& action) noexcept {
        if (reserve_.in_use()) return;
        try {
            timer_.expires_after(wait);
            timer_.async_wait(boost::asio::bind_allocator(reserved_memory::allocator<void>(reserve_),
                                                          [action](boost::system::error_code) { action(); }));
        } catch (const std::bad_alloc&) { // Asio's heap of timers cannot grow
            std::this_thread::sleep_for(pause);
            reserve_.post(timer_.get_executor(), [action] { action(); });
        }
    }

    /// Runs a pending retry at once, after the other work.
    void hurry() noexcept { timer_.cancel(); }

  private:
    static constexpr std::chrono::milliseconds pause{1}; // it must not spin, and few frames may be late

    reserved_memory reserve_;
    io_timer timer_;
};

} // namespace audiosocket::detail
