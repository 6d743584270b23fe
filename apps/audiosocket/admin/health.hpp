// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"
#include "admin/server_view.hpp"
#include "service/thread_watch.hpp"

#include <chrono>
#include <cstddef>

namespace audiosocket::app::admin {

/// Detects a thread of the server that is stuck. A supervisor then restarts the server, and that ends all calls. So a
/// thread that is only busy must not count as stuck; thread_watch makes the difference.
///
/// The threads are checked once a second, however many clients ask, and each client gets the result at once.
///
/// Used on one thread.
class health {
  public:
    /// How often look() is called.
    static constexpr std::chrono::seconds interval{1};

    /// Checks without a sign of life that make a thread stuck: 5 s. A turn of a thread of calls is bounded to
    /// milliseconds, so even on an overloaded machine no turn takes 5 s. The calls of a thread that stood still for 5 s
    /// are lost anyway, because Asterisk's application ends a call after 2 s without a message.
    static constexpr std::size_t stuck_after = 5;

    /// The threads of the calls and the main thread must outlive it.
    explicit health(server_view& server);

    /// Called once in each interval.
    void look() { threads_.look(); }

    /// Returns 200, or 503 and which thread is stuck.
    response verdict() const;

  private:
    std::size_t call_threads_; // the first of threads_; then the main thread, if it has no calls
    thread_watch threads_;
};

} // namespace audiosocket::app::admin
