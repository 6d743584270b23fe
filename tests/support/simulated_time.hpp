// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace audiosocket::test {

/// Counts what a simulation simulates. At its end the counts become properties of the current test ("simulated_calls",
/// "simulated_ms"), which tools/sim adds up.
class simulated_time {
  public:
    simulated_time() = default;
    simulated_time(const simulated_time&) = delete;
    simulated_time& operator=(const simulated_time&) = delete;
    ~simulated_time() {
        testing::Test::RecordProperty("simulated_calls", std::to_string(calls_));
        testing::Test::RecordProperty("simulated_ms",
                                      std::to_string(std::chrono::floor<std::chrono::milliseconds>(time_).count()));
    }

    /// Adds one call of this duration.
    void add(std::chrono::nanoseconds call) { add(1, call); }

    /// Adds this many calls, which take so long together.
    void add(std::uint64_t calls, std::chrono::nanoseconds together) {
        calls_ += calls;
        time_ += together;
    }

  private:
    std::uint64_t calls_ = 0;
    std::chrono::nanoseconds time_{};
};

} // namespace audiosocket::test
