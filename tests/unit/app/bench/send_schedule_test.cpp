// SPDX-License-Identifier: Apache-2.0
#include "bench/send_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace audiosocket::app::bench {
namespace {

constexpr std::int64_t frame_slots = std::chrono::milliseconds(20) / slot_time;

// Returns the slots in which the first frames of a call leave, when each slot is asked.
std::vector<std::int64_t> slots_of(std::size_t call, std::int64_t jitter_slots, std::int64_t frames) {
    send_schedule d(call, jitter_slots);
    std::vector<std::int64_t> left;
    for (std::int64_t slot = 0; slot < frames * frame_slots + jitter_slots; ++slot) {
        if (slot % frame_slots == 0 && slot < frames * frame_slots) d.add(slot);
        while (const auto one = d.take(slot)) {
            EXPECT_EQ(*one, slot); // asked in each slot, none is late
            left.push_back(*one);
        }
    }
    return left;
}

TEST(send_schedule, frames_without_jitter_leave_in_their_place) {
    send_schedule d(7, 0);
    EXPECT_EQ(d.add(160), 160);
    EXPECT_EQ(d.take(159), std::nullopt);
    EXPECT_EQ(d.take(160), 160);
    EXPECT_EQ(d.take(160), std::nullopt);
}

TEST(send_schedule, frames_leave_in_order_and_within_the_jitter) {
    for (const std::int64_t jitter : {std::int64_t{1}, std::int64_t{40}, frame_slots, caller_jitter_slots_max}) {
        const auto left = slots_of(3, jitter, 500);
        ASSERT_EQ(left.size(), 500U);
        EXPECT_TRUE(std::ranges::is_sorted(left));
        for (std::size_t n = 0; n < left.size(); ++n) {
            const auto late = left[n] - static_cast<std::int64_t>(n) * frame_slots;
            EXPECT_GE(late, 0) << jitter << ", frame " << n;
            EXPECT_LE(late, jitter) << jitter << ", frame " << n;
        }
    }
}

// With at most 5 ms no frame waits for the one before it, so each delay appears as drawn.
TEST(send_schedule, delays_are_uniform) {
    constexpr std::int64_t jitter = std::chrono::milliseconds(5) / slot_time;
    constexpr std::int64_t frames = 8200;
    std::vector<int> seen(jitter + 1);
    const auto left = slots_of(1, jitter, frames);
    for (std::size_t n = 0; n < left.size(); ++n)
        ++seen[static_cast<std::size_t>(left[n] - static_cast<std::int64_t>(n) * frame_slots)];
    for (const int count : seen) { // 200 of each delay are expected, with a deviation of 14
        EXPECT_GT(count, 100);
        EXPECT_LT(count, 300);
    }
}

TEST(send_schedule, same_call_has_the_same_delays_and_another_call_others) {
    EXPECT_EQ(slots_of(5, 320, 50), slots_of(5, 320, 50));
    EXPECT_NE(slots_of(5, 320, 50), slots_of(6, 320, 50));
}

TEST(send_schedule, late_look_takes_all_frames_that_have_left) {
    send_schedule d(9, caller_jitter_slots_max);
    std::vector<std::int64_t> added;
    for (std::int64_t n = 0; n < 11; ++n) // as many as 200 ms of a grid of 20 ms have
        added.push_back(d.add(n * frame_slots));
    for (const auto slot : added)
        EXPECT_EQ(d.take(added.back()), slot);
    EXPECT_EQ(d.take(added.back()), std::nullopt);
}

} // namespace
} // namespace audiosocket::app::bench
