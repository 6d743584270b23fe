// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/histogram.hpp"

#include <mutex>
#include <thread>

namespace audiosocket::app::bench {

/// Measures what this machine adds to every frame clock: a thread only sleeps for 20 ms, repeatedly, and records how
/// much too long each sleep is.
class sleep_watch {
  public:
    sleep_watch();
    ~sleep_watch();
    sleep_watch(const sleep_watch&) = delete;
    sleep_watch& operator=(const sleep_watch&) = delete;

    /// Forgets earlier sleeps.
    void restart();
    histogram overshoot() const;

  private:
    void watch(const std::stop_token& stop);

    mutable std::mutex mutex_;
    histogram overshoot_;
    std::jthread thread_;
};

} // namespace audiosocket::app::bench
