// SPDX-License-Identifier: Apache-2.0
#include "net/standing_delay.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using std::chrono::nanoseconds;

// Returns the reported delay after this many frames. Frame n leaves left(n) behind it.
template <class Left>
nanoseconds reported(int frames, Left left) {
    standing_delay watch(20ms);
    nanoseconds sum{};
    for (int n = 0; n < frames; ++n)
        sum += watch.left_behind(left(n));
    return sum;
}

} // namespace

TEST(standing_delay, what_was_never_needed_in_half_a_second_is_reported_in_whole_frames) {
    EXPECT_EQ(reported(31, [](int) { return 47ms; }), 0ms);
    EXPECT_EQ(reported(32, [](int) { return 47ms; }), 40ms);
    EXPECT_EQ(reported(32, [](int n) { return n == 7 ? 1020ms : 2000ms; }), 1020ms);
}

// A queue that runs dry now and then is as short as the network allows.
TEST(standing_delay, queue_that_jitter_fills_and_empties_is_left_alone) {
    EXPECT_EQ(reported(1000, [](int n) { return n % 25 == 0 ? 0ms : 40ms; }), 0ms);
    EXPECT_EQ(reported(1000, [](int) { return 19ms; }), 0ms);
}

TEST(standing_delay, sound_that_is_played_ahead_gets_less_and_ends_by_itself) {
    EXPECT_EQ(reported(150, [](int n) { return 3000ms - n * 20ms; }), 0ms);
}
