// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>
#include <audiosocket/net/detail/reserved_memory.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <mutex>
#include <thread>

namespace audiosocket {

/// An io_context with its own thread, so that calls keep their pace while the application is busy.
///
/// Pass its context to a listener or to async_connect, and bind completion handlers to the executor of the application.
/// Handlers run there, while this thread sends and receives the frames. A handler without its own executor runs on this
/// thread. It must not throw, or the process ends. After std::bad_alloc the thread continues, and one call may end.
/// Asio keeps only the first of several exceptions that handlers have thrown in a row, and that one decides.
///
/// Lifetime: it must outlive the listeners on its context. A call may outlive it, and then behaves as a call that has
/// ended. A handler with its own executor must not outlive the context of that executor.
class AUDIOSOCKET_EXPORT io_thread {
  public:
    /// The longest time that the destructor waits for open calls. A peer that reads the hangup closes its side at once.
    /// For other peers the wait ends after call_options::hangup_timeout, by default 1 s. The rest is for a network that
    /// takes the hangup message late.
    static constexpr std::chrono::seconds hang_up_max{2};

    /// Starts the thread. Throws std::system_error if the system refuses.
    io_thread();
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    /// Hangs up the calls of this thread, as hang_up_all() does, and waits until their connections are closed, at most
    /// hang_up_max after the first hang_up_all(). Then stops the thread. Remaining connections are closed at once, with
    /// hangup and FIN if the network takes them.
    ///
    /// Waits for events that are still in progress complete with `boost::asio::error::eof` if the handler has its own
    /// executor. Any other handler is destroyed without being called. Do not destroy the object on its own thread.
    ~io_thread();

    /// Returns the io_context that the thread runs. Valid as long as this object. Safe from any thread.
    boost::asio::io_context& context() noexcept { return context_; }

    /// Hangs up all calls of this thread, as call::hang_up() does, and every later call as well. Returns at once; the
    /// destructor waits for the calls. To end several threads together, call it for each of them before you destroy the
    /// first. Safe from any thread.
    void hang_up_all();

  private:
    friend class shards; // ends several together

    void wait_for_calls();
    void stop();

    // Posting the end needs no memory.
    detail::reserved_memory for_hang_up_;
    detail::reserved_memory for_stop_;

    boost::asio::io_context context_{1}; // one thread runs it
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::once_flag ending_;
    std::chrono::steady_clock::time_point wait_until_; // until when the destructor waits; set once
    std::thread thread_;
};

} // namespace audiosocket
