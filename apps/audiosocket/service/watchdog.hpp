// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// Says again and again that all threads are alive, as long as they are: it asks each io_context to answer, and only
/// when all have done so, calls `alive`. One that hangs is one answer that is missing, and somebody outside, who waits
/// for `alive`, does what is to be done.
class watchdog {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Asks twice in each `interval`, and calls `alive` on `own`. The io_contexts outlive it, and `own` runs it.
    /// `own` also outlives the threads of the others, because they answer to it.
    watchdog(boost::asio::io_context& own, std::vector<boost::asio::io_context*> threads, nanoseconds interval,
             std::function<void()> alive);
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

  private:
    struct state;
    std::shared_ptr<state> state_; // shared with the questions that are under way
};

} // namespace audiosocket::app
