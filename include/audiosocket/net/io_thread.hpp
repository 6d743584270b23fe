// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace audiosocket {

/// An io_context with a thread of its own, so that calls keep their pace while the application is busy.
///
/// Give its context to a listener or to async_connect, and bind completion handlers to the executor of the application:
/// they run there, while this thread sends and receives the frames. A handler without an executor of its own runs on
/// this thread. It must not throw, because nothing could catch the exception, and the process would end.
///
/// Destroying it stops the thread at once: calls in progress are cut off, and pending handlers are destroyed without
/// being called. It must outlive the listeners and calls that live on it.
class io_thread {
  public:
    io_thread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;
    ~io_thread() {
        context_.stop();
        thread_.join();
    }

    /// Returns the io_context that the thread runs. Valid as long as this object.
    boost::asio::io_context& context() noexcept { return context_; }

  private:
    boost::asio::io_context context_{1}; // one thread runs it
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

} // namespace audiosocket
