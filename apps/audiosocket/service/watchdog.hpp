// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// Calls `alive` at regular times, as long as no thread is stuck (thread_watch). The service manager restarts the
/// process if `alive` does not come within the manager's interval.
class watchdog {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// How often in each interval the threads are checked. So a thread that is silent for less than three quarters of
    /// the interval cannot cause a restart.
    static constexpr int looks_per_interval = 8;

    /// The io_contexts must outlive it, and `own` runs it.
    watchdog(boost::asio::io_context& own, const std::vector<boost::asio::io_context*>& threads, nanoseconds interval,
             std::function<void()> alive);
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

  private:
    struct state;
    std::shared_ptr<state> state_; // shared with the timer for the next look, which may already have completed
};

} // namespace audiosocket::app
