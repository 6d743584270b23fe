// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace audiosocket::app {

/// Calls a function repeatedly, each time `interval` after the last call began, until cancelled. Runs on the
/// io_context's thread.
class repeating_timer {
  public:
    repeating_timer(boost::asio::io_context& io, std::chrono::milliseconds interval, std::function<void()> what)
        : timer_(io), interval_(interval), what_(std::move(what)) {}

    /// Calls the function now, and then repeatedly. A call that finds no memory is left out.
    void start() {
        timer_.expires_after(interval_);
        timer_.async_wait([this](boost::system::error_code error) { // first, in the memory of the wait that is over
            if (!error && !cancelled_) start();
        });
        detail::unless_memory_is_out(what_); // what it reports, or draws, is not as important as the calls
    }

    void cancel() {
        cancelled_ = true;
        timer_.cancel();
    }

  private:
    boost::asio::steady_timer timer_;
    const std::chrono::milliseconds interval_;
    const std::function<void()> what_;
    bool cancelled_ = false;
};

} // namespace audiosocket::app
