// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <mutex>
#include <thread>

namespace audiosocket {

/// An io_context with a thread of its own, so that calls keep their pace while the application is busy.
///
/// Give its context to a listener or to async_connect, and bind completion handlers to the executor of the application:
/// they run there, while this thread sends and receives the frames. A handler without an executor of its own runs on
/// this thread. It must not throw, because nothing could catch the exception, and the process would end.
///
/// Lifetime: it must outlive the listeners on its context. A call may outlive it, and then behaves as a call that has
/// ended. Handlers that wait on an executor of their own must not outlive the context of that executor.
class AUDIOSOCKET_EXPORT io_thread {
  public:
    /// What the destructor waits at most for the calls that are still open. A peer that reads the hangup closes its
    /// side at once, and one that does not is given up after call_options::hangup_timeout, 1 s by default. The rest is
    /// for a network that takes the hangup message late.
    static constexpr std::chrono::seconds hang_up_max{2};

    /// Starts the thread. Throws std::system_error if the system refuses.
    io_thread();
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    /// Hangs up the calls that live here, as hang_up_all() does, and waits until their connections are closed, but no
    /// longer than hang_up_max since hang_up_all() was called first. Then stops the thread. Connections that are left
    /// are closed at once: with hangup and FIN if the network takes them. Waits for events that are still in progress
    /// complete with `boost::asio::error::eof` on an executor of their own; a handler without one is destroyed without
    /// being called. Not on this thread itself.
    ~io_thread();

    /// Returns the io_context that the thread runs. Valid as long as this object. Safe from any thread.
    boost::asio::io_context& context() noexcept { return context_; }

    /// Hangs up all calls that live here in order: hangup message, FIN, and reading on. Calls that come later are hung
    /// up as well. Returns at once; the destructor waits for them. To end several threads, call it for each of them
    /// first. Safe from any thread.
    void hang_up_all();

  private:
    friend class shards; // ends several together

    void wait_for_calls();
    void stop();

    boost::asio::io_context context_{1}; // one thread runs it
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::once_flag ending_;
    std::chrono::steady_clock::time_point wait_until_; // by the destructor; set once
    std::thread thread_;
};

} // namespace audiosocket
