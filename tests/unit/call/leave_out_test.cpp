// SPDX-License-Identifier: Apache-2.0
// What a live call removes from its playout queue after a standstill.
#include "call/playout_queue.hpp"

#include <gtest/gtest.h>

#include <numeric>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

// 1, 2, 3 ...: 800 samples are 100 ms.
std::vector<std::int16_t> numbers(std::size_t count) {
    std::vector<std::int16_t> all(count);
    std::iota(all.begin(), all.end(), std::int16_t{1});
    return all;
}

std::int16_t next_sample(playout_queue& queue) {
    std::vector<std::int16_t> one(1);
    std::vector<played_event> reached;
    EXPECT_EQ(queue.pull(one, 8000, reached), 1U);
    return one[0];
}

} // namespace

TEST(leave_out, oldest_samples_go_and_count_neither_as_queued_nor_as_played) {
    playout_queue queue;
    queue.append(numbers(800), 8000);
    queue.append_mark("end");
    EXPECT_EQ(queue.leave_out(40ms), 40ms);
    EXPECT_EQ(queue.queued(), 60ms);
    std::vector<std::int16_t> rest(480);
    std::vector<played_event> reached;
    EXPECT_EQ(queue.pull(rest, 8000, reached), 480U);
    EXPECT_EQ(rest.front(), 321);
    EXPECT_EQ(rest.back(), 800);
    ASSERT_EQ(reached.size(), 1U);
    EXPECT_EQ(reached[0].sent, 60ms);
}

TEST(leave_out, several_pieces_may_go) {
    playout_queue queue;
    for (int i = 0; i < 3; ++i)
        queue.append(numbers(800), 8000);
    EXPECT_EQ(queue.leave_out(250ms), 250ms);
    EXPECT_EQ(next_sample(queue), 401);
}

TEST(leave_out, clip_and_mark_are_played_whole) {
    playout_queue queue;
    queue.append(clip(numbers(800), 8000));
    EXPECT_EQ(queue.leave_out(40ms), 0ms);
    EXPECT_EQ(next_sample(queue), 1);

    playout_queue marked;
    marked.append(numbers(80), 8000);
    marked.append_mark("said");
    marked.append(numbers(800), 8000);
    EXPECT_EQ(marked.leave_out(40ms), 10ms) << "up to the mark";
    EXPECT_EQ(marked.queued(), 100ms);
}

TEST(leave_out, empty_queue_has_nothing_to_leave_out) {
    playout_queue queue;
    EXPECT_EQ(queue.leave_out(40ms), 0ms);
}
