// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/call_socket.hpp"

#include <audiosocket/protocol.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace audiosocket::test {

/// Calls as they should be: each sends a frame of 8 kHz every 20 ms, on a thread of their own, and keeps when the
/// kernel received each frame. So a delay of this process makes nothing worse.
class good_callers {
  public:
    /// Places the calls. Throws app::failure if the server takes none.
    good_callers(const app::bench::endpoint& server, std::size_t calls);
    good_callers(const good_callers&) = delete;
    good_callers& operator=(const good_callers&) = delete;

    struct result {
        std::size_t frames = 0;                 ///< Received in that time.
        std::chrono::nanoseconds longest_gap{}; ///< Without a frame, within that time.
        std::chrono::nanoseconds p99{};         ///< Of the times between two frames.
    };
    /// Returns what each call received from `from` until `to`.
    std::vector<result> received(time_point from, time_point to) const;

  private:
    struct call {
        app::bench::call_socket socket;
        decoder incoming;
        std::vector<time_point> frames; // when each was received
        bool over = false;
    };

    void run(const std::stop_token& stop);
    void send_frames();
    void read(call& c);

    app::bench::stamp_clock stamps_;
    std::vector<call> calls_;
    mutable std::mutex mutex_; // of calls_
    std::jthread thread_;      // last: it uses the others
};

} // namespace audiosocket::test
