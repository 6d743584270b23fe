// SPDX-License-Identifier: Apache-2.0
#include "call/frame_clock.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {
constexpr time_point start{std::chrono::hours{1000}};
}

TEST(frame_clock, before_the_start_nothing_is_due) {
    frame_clock c(20ms, 3);
    EXPECT_EQ(c.next(), time_point::max());
    EXPECT_FALSE(c.due(start + 1h));
    EXPECT_EQ(c.skip_missed(start + 1h), 0U);
}

TEST(frame_clock, frames_served_late_do_not_move_those_after_them) {
    frame_clock c(20ms, 3);
    c.start(start);
    for (int n = 0; n < 1000; ++n) {
        const auto served = start + n * 20ms + 19ms; // always late, by almost a whole frame
        EXPECT_EQ(c.skip_missed(served), 0U);
        ASSERT_TRUE(c.due(served));
        EXPECT_EQ(c.take(), start + n * 20ms);
        EXPECT_FALSE(c.due(served));
    }
}

TEST(frame_clock, a_frame_is_due_on_its_time_and_not_a_nanosecond_before) {
    frame_clock c(20ms, 3);
    c.start(start);
    c.take();
    EXPECT_FALSE(c.due(start + 20ms - 1ns));
    EXPECT_TRUE(c.due(start + 20ms));
}

TEST(frame_clock, after_a_stall_catch_up_frames_remain_and_the_grid_stays) {
    for (const int catch_up : {1, 3, 5}) {
        frame_clock c(20ms, catch_up);
        c.start(start);
        const auto now = start + 507ms; // 26 frames: those of 0 to 500 ms
        EXPECT_EQ(c.skip_missed(now), static_cast<std::uint64_t>(26 - catch_up));
        for (int i = 0; i < catch_up; ++i) {
            ASSERT_TRUE(c.due(now));
            EXPECT_EQ(c.skip_missed(now), 0U);
            EXPECT_EQ(c.take(), start + (26 - catch_up + i) * 20ms);
        }
        EXPECT_FALSE(c.due(now));
        EXPECT_EQ(c.next(), start + 520ms);
    }
}

TEST(frame_clock, as_many_due_as_may_be_caught_up_skips_none) {
    frame_clock c(20ms, 3);
    c.start(start);
    EXPECT_EQ(c.skip_missed(start + 40ms), 0U);
    EXPECT_EQ(c.skip_missed(start + 60ms), 1U);
}

TEST(frame_clock, time_that_goes_back_makes_nothing_due) {
    frame_clock c(20ms, 3);
    c.start(start);
    c.take();
    EXPECT_EQ(c.skip_missed(start - 1h), 0U);
    EXPECT_FALSE(c.due(start - 1h));
    EXPECT_EQ(c.next(), start + 20ms);
}

TEST(frame_clock, stopped_it_never_is_due_again) {
    frame_clock c(20ms, 3);
    c.start(start);
    c.stop();
    EXPECT_FALSE(c.due(start + 1h));
    EXPECT_EQ(c.next(), time_point::max());
}

TEST(frame_clock, shift_moves_all_frames_to_come_by_a_millisecond_each) {
    for (const auto by : {2500us, -2500us}) {
        frame_clock c(20ms, 3);
        c.start(start);
        c.take();
        c.shift(by);
        const auto step = by > 0us ? 1000us : -1000us;
        EXPECT_EQ(c.take(), start + 20ms) << "a frame that is due already stays";
        EXPECT_EQ(c.take(), start + 40ms + step);
        EXPECT_EQ(c.take(), start + 60ms + 2 * step);
        EXPECT_EQ(c.take(), start + 80ms + by);
        EXPECT_EQ(c.take(), start + 100ms + by);
    }
}
