// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"
#include "admin/server_view.hpp"
#include "service/thread_watch.hpp"

#include <chrono>
#include <cstddef>

namespace audiosocket::app::admin {

/// Whether a thread of the server is stuck. A supervisor restarts the server when one is, and that ends all calls. So a
/// thread that is only busy must not count as stuck: thread_watch has the difference.
///
/// The threads are looked at once a second, however many clients ask, and each client gets the verdict at once.
///
/// Used on one thread.
class health {
  public:
    /// How often look() is called.
    static constexpr std::chrono::seconds interval{1};

    /// Silent looks that make a thread stuck: 5 s. No step of a thread of calls takes as long even on a machine that
    /// has far too much to do: its turns are bounded to milliseconds. And the calls of a thread that stood still for 5
    /// s are lost anyway: Asterisk's application ends a call after 2 s of silence on the wire.
    static constexpr std::size_t stuck_after = 5;

    /// The threads of the calls, and the main one, must outlive it.
    explicit health(server_view& server);

    /// To be called once in each interval.
    void look() { threads_.look(); }

    /// Returns 200, or 503 with the thread that is stuck.
    response verdict() const;

  private:
    std::size_t call_threads_; // the first of threads_; behind them the main thread, if it has no calls
    thread_watch threads_;
};

} // namespace audiosocket::app::admin
