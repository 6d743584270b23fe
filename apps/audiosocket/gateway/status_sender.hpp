// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/http_post.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace audiosocket::app::gateway {

/// Delivers reports about calls, on a thread of its own: calls never wait for a web server.
///
/// Reports of one call are delivered in their order, one at a time. A report that fails is sent again, unless the
/// server has understood and refused it. Reports may arrive twice, because an answer may be lost.
class status_sender {
  public:
    /// How much may wait, and how often a report is sent.
    struct limits {
        /// How long to wait before each further try. These bridge a web server that restarts, for 15.5 s. A report that
        /// comes later than that helps few.
        std::vector<std::chrono::milliseconds> pauses{std::chrono::milliseconds(500), std::chrono::seconds(1),
                                                      std::chrono::seconds(2), std::chrono::seconds(4),
                                                      std::chrono::seconds(8)};

        /// Reports that wait, those that are being sent included. A call has three of up to 2 KiB: the whole of 1300
        /// calls, in 8 MiB. More than that is a server that is gone.
        std::size_t waiting_max = 4096;

        /// Connections at the same time.
        std::size_t connections_max = 16;
    };

    /// Numbers at one moment.
    struct figures {
        std::uint64_t delivered = 0;
        std::uint64_t retried = 0; ///< Times that a report was sent again.
        std::uint64_t failed = 0;  ///< Reports that were given up after all tries, or were refused.
        std::uint64_t dropped = 0; ///< Reports that gave way to newer ones.
        std::size_t waiting = 0;   ///< Reports that wait, those that are being sent included.
    };

    /// What a process that ends waits for its last reports. The service manager waits for the process meanwhile.
    static constexpr std::chrono::milliseconds last_wait{2000};

    status_sender() : status_sender(limits()) {}
    explicit status_sender(limits bounds);
    status_sender(const status_sender&) = delete;
    status_sender& operator=(const status_sender&) = delete;

    /// What waits is not delivered.
    ~status_sender();

    /// Returns a number for a call's reports. From any thread.
    std::uint64_t new_call() noexcept { return ++calls_; }

    /// Queues a report. The oldest report that waits gives way where there is no room. From any thread.
    void send(std::uint64_t call, websocket::post_request report);

    /// Waits until nothing waits any more, and for no longer than this; then ends the thread. Returns how many reports
    /// were not delivered. Nothing may be sent afterwards.
    std::size_t finish(std::chrono::milliseconds longest);

    /// From any thread.
    figures look() const;

    /// Returns what the log should say since this was called last, in sums. From any thread.
    std::vector<std::string> take_news();

  private:
    // The reports of a call. The first is being sent, or waits for its next try.
    struct line {
        explicit line(boost::asio::io_context& io) : timer(io) {}

        std::deque<websocket::post_request> waiting;
        std::size_t tries = 0; // of the first
        bool sending = false;
        bool pausing = false;
        boost::asio::steady_timer timer;
    };
    using lines = std::map<std::uint64_t, line>; // the oldest call first

    void start_thread();
    void queue(std::uint64_t call, websocket::post_request report);
    void drop_oldest();
    void send_next();
    void send_first(lines::iterator of);
    void answered(std::uint64_t call, const websocket::post_answer& answer);
    void pause(lines::iterator of, std::chrono::milliseconds how_long);
    void take_first(lines::iterator of);

    template <class Change>
    void count(Change change);

    const limits bounds_;
    std::atomic<std::uint64_t> calls_ = 0;

    // On the thread.
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    lines lines_;
    std::deque<std::uint64_t> ready_; // calls whose first report may be sent
    std::size_t connections_ = 0;

    mutable std::mutex using_;
    std::condition_variable none_waits_;
    figures counted_;
    std::uint64_t failed_said_ = 0;  // in the log
    std::uint64_t dropped_said_ = 0; // in the log
    std::string last_failure_;

    std::once_flag started_;
    std::thread thread_;
};

} // namespace audiosocket::app::gateway
