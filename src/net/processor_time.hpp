// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace audiosocket::detail {

/// Measures how long this thread had the processor in a period. Another process, or another machine on the same
/// hardware, may have had it for a part.
class processor_time {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Starts a measurement at `now`.
    void start(time_point now) noexcept {
        started_ = now;
        used_before_ = used_by_thread();
    }

    /// Returns at most how much time the thread used from `since` to `now`. A short period counts completely, because
    /// asking the kernel would cost as much as an ordinary turn.
    nanoseconds used(time_point since, time_point now) noexcept {
        const nanoseconds passed = now - since;
        if (passed < short_time) return passed;
        const nanoseconds used_so_far = used_by_thread();
        const nanoseconds taken_away = (now - started_) - (used_so_far - used_before_);
        started_ = now;
        used_before_ = used_so_far;
        return std::max(passed - std::max(taken_away, nanoseconds{}), nanoseconds{});
    }

  private:
    static constexpr std::chrono::microseconds short_time{100};

    static nanoseconds used_by_thread() noexcept {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
    }

    time_point started_{};
    nanoseconds used_before_{};
};

} // namespace audiosocket::detail
