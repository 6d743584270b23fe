// SPDX-License-Identifier: Apache-2.0
#include "net/processor_time.hpp"

#include <gtest/gtest.h>

#include <thread>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

TEST(processor_time, time_in_which_the_thread_did_not_run_does_not_count) {
    processor_time p;
    const auto began = clock::now();
    p.start(began);
    std::this_thread::sleep_for(50ms);
    const auto now = clock::now();
    EXPECT_LE(p.used(began, now), (now - began) - 40ms);
}

TEST(processor_time, work_counts_and_never_more_than_the_time_that_passed) {
    processor_time p;
    const auto began = clock::now();
    p.start(began);
    const auto cpu_began = std::clock();
    while (std::clock() - cpu_began < CLOCKS_PER_SEC / 50) { // 20 ms of processor time
    }
    const auto now = clock::now();
    EXPECT_GE(p.used(began, now), 15ms);
    EXPECT_LE(p.used(began, now), now - began);
}
