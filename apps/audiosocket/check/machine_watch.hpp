// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace audiosocket::app::check {

/// Notices when this machine stands still: a thread wakes every few milliseconds and records when it woke late. A gap
/// in the server's audio counts only as far as this machine was awake.
class machine_watch {
  public:
    machine_watch();
    ~machine_watch();
    machine_watch(const machine_watch&) = delete;
    machine_watch& operator=(const machine_watch&) = delete;

    /// Returns how long the machine stood still between these two times.
    std::chrono::nanoseconds stood_still(time_point from, time_point to) const;

    /// Returns how late the thread woke since then, at this quantile.
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
