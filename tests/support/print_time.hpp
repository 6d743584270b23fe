// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest-printers.h>

#include <chrono>
#include <ostream>

/// \file
/// Failure messages show durations in milliseconds, and times as durations since the clock's epoch. GoogleTest itself
/// shows their bytes.

namespace testing::internal {

template <class Rep, class Period>
class UniversalPrinter<std::chrono::duration<Rep, Period>> {
  public:
    static void Print(const std::chrono::duration<Rep, Period>& d, std::ostream* to) {
        if (d == d.max())
            *to << "for ever";
        else
            *to << std::chrono::duration<double, std::milli>(d).count() << " ms";
    }
};

template <class Clock, class Duration>
class UniversalPrinter<std::chrono::time_point<Clock, Duration>> {
  public:
    static void Print(const std::chrono::time_point<Clock, Duration>& t, std::ostream* to) {
        if (t == t.max())
            *to << "never";
        else
            *to << std::chrono::duration<double, std::milli>(t.time_since_epoch()).count() << " ms after the epoch";
    }
};

} // namespace testing::internal
