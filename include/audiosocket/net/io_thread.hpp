#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace audiosocket {

/// An io_context with a thread of its own, for calls that must go on whatever the program is busy with.
///
/// Give its context to a listener or to async_connect and stay on your own executor: handlers come there, while
/// frames keep flowing here. (A handler that runs here, for it has no executor of its own, must not throw: nobody could
/// catch that, and the program would end.) Destroying it stops it at once; calls that are up are cut off, and whoever
/// waits for them is destroyed with them. It must outlive the listeners and calls that live on it.
class io_thread {
  public:
    io_thread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;
    ~io_thread() {
        context_.stop();
        thread_.join();
    }

    boost::asio::io_context& context() noexcept { return context_; }

  private:
    boost::asio::io_context context_{1}; // one thread runs it
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

} // namespace audiosocket
