// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/round_trip.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace std::chrono_literals;

TEST(round_trip, nothing_is_known_before_the_first_answer) {
    const round_trip one;
    EXPECT_FALSE(one.network());
    EXPECT_FALSE(one.slowest());
}

// A bot with a busy event loop answers late. The network is not the cause.
TEST(round_trip, late_answers_are_not_the_network) {
    round_trip one;
    for (const auto took : {45ms, 800ms, 40ms, 300ms, 60ms})
        one.answered(took);
    EXPECT_EQ(one.network(), 40ms);
    EXPECT_EQ(one.slowest(), 800ms);
}

TEST(round_trip, slower_network_is_seen_after_eight_answers) {
    round_trip one;
    one.answered(20ms);
    for (int i = 0; i < 7; ++i)
        one.answered(150ms);
    EXPECT_EQ(one.network(), 20ms);
    one.answered(150ms);
    EXPECT_EQ(one.network(), 150ms);
    one.answered(30ms);
    EXPECT_EQ(one.network(), 30ms) << "a faster one at once";
}

// Gemini answers pings after 8 to 30 s.
TEST(round_trip, answers_after_seconds_say_nothing_of_the_network) {
    round_trip one;
    one.answered(8s);
    EXPECT_FALSE(one.network());
    EXPECT_EQ(one.slowest(), 8s);
    one.answered(1s);
    EXPECT_EQ(one.network(), 1s);
}

TEST(round_trip, another_connection_begins_without_an_estimate) {
    round_trip one;
    one.answered(20ms);
    one.answered(90ms);
    one.forget();
    EXPECT_FALSE(one.network());
    EXPECT_EQ(one.slowest(), 90ms) << "of the whole call";
    one.answered(70ms);
    EXPECT_EQ(one.network(), 70ms);
}
