// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

namespace audiosocket::app {

/// The thread that writes to disk, so that a slow disk never delays a frame. It goes on after a lack of memory.
class disk_thread {
  public:
    disk_thread();
    disk_thread(const disk_thread&) = delete;
    disk_thread& operator=(const disk_thread&) = delete;
    ~disk_thread() { join(); }

    boost::asio::io_context::executor_type get_executor() noexcept { return work_.get_executor(); }

    /// Waits until everything that was posted is done, and ends the thread.
    void join();

  private:
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

/// Posts from the disk thread to another thread. Waits for memory if there is none, because something waits for this.
template <class Handler>
void post_back(boost::asio::io_context& to, const Handler& handler) {
    while (!detail::unless_memory_is_out([&] { boost::asio::post(to, handler); }))
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

/// Creates the recorder of a call of this id that starts now. Its file is FOLDER/ID-TIME.wav, with the time in UTC, or
/// FOLDER/ID-TIME-2.wav and so on if that exists. The choice of names in `options` is replaced.
std::shared_ptr<call_recorder> record_call(disk_thread& disk, const std::filesystem::path& folder, const uuid& id,
                                           call_recorder_options options);

} // namespace audiosocket::app
