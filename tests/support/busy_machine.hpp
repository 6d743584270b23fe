// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/skipped.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// \file
/// Tests that assert real time: whether they failed because the machine was busy.

namespace audiosocket::test {

/// Measures how late this process is woken up, from construction on: one thread for each processor wants to wake up
/// every 5 ms. What happens to these threads happens to the server and the caller of a test as well.
class busy_machine {
  public:
    busy_machine() {
        const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < processors; ++i)
            threads_.emplace_back([this](const std::stop_token& stop) { watch(stop); });
    }
    busy_machine(const busy_machine&) = delete;
    busy_machine& operator=(const busy_machine&) = delete;

    /// The longest time for which a thread that wanted to run did not.
    std::chrono::milliseconds stood_still() const {
        const std::lock_guard lock(mutex_);
        return longest_;
    }

  private:
    using clock = std::chrono::steady_clock;

    void watch(const std::stop_token& stop) {
        constexpr std::chrono::milliseconds interval{5};
        while (!stop.stop_requested()) {
            const auto due = clock::now() + interval;
            std::this_thread::sleep_until(due);
            const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - due);
            const std::lock_guard lock(mutex_);
            longest_ = std::max(longest_, late);
        }
    }

    mutable std::mutex mutex_;
    std::chrono::milliseconds longest_{};
    std::vector<std::jthread> threads_; // last: they use the others
};

/// Half a frame. A standstill of this length can make a frame late that was to come in between.
constexpr std::chrono::milliseconds standstill_tolerated{10};

/// Makes assertions that hold only on a machine that is not busy. Where one of them fails, and the machine stood still
/// for longer than `tolerated`, the test is skipped with that figure and the failure; otherwise it has failed.
///
/// The machine has to be watched from before what is asserted. Assertions that hold on any machine do not belong here.
template <class Assertions>
void in_real_time(const busy_machine& machine, Assertions assertions,
                  std::chrono::milliseconds tolerated = standstill_tolerated) {
    testing::TestPartResultArray results;
    {
        using reporter = testing::ScopedFakeTestPartResultReporter;
        const reporter caught(reporter::INTERCEPT_ALL_THREADS, &results);
        assertions();
    }
    const auto stood_still = machine.stood_still();
    for (int i = 0; i < results.size(); ++i) {
        const auto& result = results.GetTestPartResult(i);
        if (!result.failed()) continue;
        if (stood_still > tolerated)
            GTEST_SKIP() << skipped("the machine stood still for " + std::to_string(stood_still.count()) + " ms")
                         << "; this failed:\n"
                         << result.message();
        testing::internal::AssertHelper(result.type(), result.file_name(), result.line_number(), result.message()) =
            testing::Message();
    }
}

} // namespace audiosocket::test
