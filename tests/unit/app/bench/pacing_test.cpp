// SPDX-License-Identifier: Apache-2.0
#include "bench/pacing.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct paced_frames : testing::Test {
    pacing of_call{0};
    tally seen;

    void arrive(nanoseconds at, nanoseconds duration = 20ms, bool measured = true) {
        of_call.arrived(time_point(1h) + at, duration, measured, seen);
    }
    void finish() { of_call.finish(seen); }
};

TEST_F(paced_frames, on_their_time_do_not_jitter) {
    for (int i = 0; i < 1000; ++i)
        arrive(i * 20ms);
    finish();
    EXPECT_EQ(seen.jitter.count(), 999U);
    EXPECT_EQ(seen.grid.count(), 1000U);
    EXPECT_EQ(seen.jitter.max(), 0ns);
    EXPECT_EQ(seen.grid.max(), 0ns);
}

TEST_F(paced_frames, one_late_counts_twice_as_a_gap_and_once_on_the_grid) {
    for (int i = 0; i < 100; ++i)
        arrive(i * 20ms + (i == 50 ? 3ms : 0ms));
    finish();
    EXPECT_EQ(seen.jitter.max(), 3ms);
    EXPECT_EQ(seen.grid.max(), 3ms);
    EXPECT_EQ(seen.jitter.at(1 - 2.5 / 99), 0ns); // except two of 99
    EXPECT_GT(seen.jitter.at(1 - 1.5 / 99), 2ms);
    EXPECT_EQ(seen.grid.at(1 - 1.5 / 100), 0ns); // except one of 100
}

TEST_F(paced_frames, half_of_the_frames_lie_before_the_best_grid) {
    for (int i = 0; i < 100; ++i)
        arrive(i * 20ms + (i < 30 ? 5ms : 0ms)); // the first ones late
    finish();
    EXPECT_EQ(seen.grid.at(0.7), 0ns);
    EXPECT_EQ(seen.grid.at(0.71), 5ms);
}

TEST_F(paced_frames, clock_that_is_wrong_shows_on_the_grid) {
    for (int i = 0; i < 400; ++i)
        arrive(i * 20'100us);
    finish();
    EXPECT_EQ(seen.jitter.max(), 100us);
    EXPECT_GT(seen.grid.max(), 6ms); // half of a stretch of 125 frames, and more of one of 250
}

TEST_F(paced_frames, of_other_lengths_have_their_own_gaps) {
    for (int i = 0; i < 100; ++i)
        arrive(i * 10ms, 10ms);
    finish();
    EXPECT_EQ(seen.jitter.max(), 0ns);
    EXPECT_EQ(seen.grid.max(), 0ns);
}

TEST_F(paced_frames, before_the_measured_time_are_only_compared_with) {
    arrive(0ms, 20ms, false);
    arrive(500ms, 20ms, false);
    arrive(521ms);
    finish();
    EXPECT_EQ(seen.jitter.count(), 1U);
    EXPECT_EQ(seen.jitter.max(), 1ms);
    EXPECT_EQ(seen.grid.count(), 1U);
}

} // namespace
} // namespace audiosocket::app::bench
