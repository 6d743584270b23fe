// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace audiosocket::app {

/// Calls a function repeatedly, `interval` after the last call returned, until cancelled. Runs on the io_context's
/// thread.
class repeating_timer {
  public:
    repeating_timer(boost::asio::io_context& io, std::chrono::milliseconds interval, std::function<void()> what)
        : timer_(io), interval_(interval), what_(std::move(what)) {}

    /// Calls the function now, and then repeatedly. A call that finds no memory is left out.
    void start() {
        try {
            what_();
        } catch (const std::bad_alloc&) { // what it reports, or draws, is not as important as the calls
        }
        timer_.expires_after(interval_);
        timer_.async_wait([this](boost::system::error_code error) {
            if (!error && !cancelled_) start();
        });
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
