// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/prctl.h>

#include <cstddef>
#include <ctime>

namespace bare {

/// Sleeps from one millisecond to the next.
class tick_clock {
  public:
    tick_clock() {
        ::prctl(PR_SET_TIMERSLACK, 1UL); // ns; the default of 50 us would add a delay
        ::clock_gettime(CLOCK_MONOTONIC, &tick_);
    }

    /// Sleeps until the next tick. Returns the ticks that have passed: more than one if the work in the last one took
    /// longer.
    std::size_t sleep() {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        const long behind = (now.tv_sec - tick_.tv_sec) * second_ns + now.tv_nsec - tick_.tv_nsec;
        const long ticks = behind / tick_ns + 1;
        const long ns = tick_.tv_nsec + ticks * tick_ns;
        tick_.tv_sec += ns / second_ns;
        tick_.tv_nsec = ns % second_ns;
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &tick_, nullptr);
        return static_cast<std::size_t>(ticks);
    }

  private:
    static constexpr long tick_ns = 1'000'000;
    static constexpr long second_ns = 1'000'000'000;

    timespec tick_{};
};

} // namespace bare
