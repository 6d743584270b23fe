// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/histogram.hpp"

#include <mutex>
#include <thread>

namespace audiosocket::app::bench {

/// What the machine itself adds to any frame clock: a thread that does nothing but sleep for 20 ms, over and over, and
/// counts by how much each sleep is too long.
class sleep_watch {
  public:
    sleep_watch();
    ~sleep_watch();
    sleep_watch(const sleep_watch&) = delete;
    sleep_watch& operator=(const sleep_watch&) = delete;

    /// Forgets what was before.
    void restart();
    histogram overshoot() const;

  private:
    void watch(const std::stop_token& stop);

    mutable std::mutex mutex_;
    histogram overshoot_;
    std::jthread thread_;
};

} // namespace audiosocket::app::bench
