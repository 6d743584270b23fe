// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// Calls `alive` at regular times, as long as no thread is stuck (thread_watch). The service manager waits for `alive`,
/// and restarts the process when it does not come within the interval that the manager has set.
class watchdog {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Looks at the threads on `own` this often in each interval. So a thread that is silent for less than three
    /// quarters of the interval cannot cause a restart.
    static constexpr int looks_per_interval = 8;

    /// The io_contexts outlive it, and `own` runs it.
    watchdog(boost::asio::io_context& own, const std::vector<boost::asio::io_context*>& threads, nanoseconds interval,
             std::function<void()> alive);
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

  private:
    struct state;
    std::shared_ptr<state> state_; // shared with the wait for the next look, which may have completed already
};

} // namespace audiosocket::app
