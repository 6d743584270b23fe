// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace audiosocket::app::check {

/// Notices when the machine stands still: a thread that wants to wake every few milliseconds and writes down when it
/// could not. A gap in what a server sends is the server's only as far as we were awake ourselves.
class machine_watch {
  public:
    machine_watch();
    ~machine_watch();
    machine_watch(const machine_watch&) = delete;
    machine_watch& operator=(const machine_watch&) = delete;

    /// How long the machine stood still between these two times.
    std::chrono::nanoseconds stood_still(time_point from, time_point to) const;

    /// How late it woke up since then, for this share of the times.
    std::chrono::nanoseconds lateness(double quantile, time_point since) const;

  private:
    struct pause {
        time_point from;
        time_point to;
    };

    void watch(const std::stop_token& stop);

    mutable std::mutex mutex_;
    std::vector<pause> pauses_;
    struct waking {
        time_point at;
        std::chrono::nanoseconds late;
    };
    std::vector<waking> wakings_; // an hour fills 12 MB
    std::jthread thread_;
};

} // namespace audiosocket::app::check
