// SPDX-License-Identifier: Apache-2.0
#include "net/recorded_piece.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using samples = std::vector<std::int16_t>;

TEST(piece_collector, piece_is_due_half_a_second_after_its_begin) {
    piece_collector collected;
    EXPECT_FALSE(collected.is_due(499ms));
    EXPECT_TRUE(collected.is_due(500ms));
    collected.take(700ms);
    EXPECT_FALSE(collected.is_due(1199ms));
    EXPECT_TRUE(collected.is_due(1200ms));
}

TEST(piece_collector, blocks_keep_their_order_sides_rates_and_times) {
    piece_collector collected;
    collected.add(call_side::received, samples{1, 2}, 8000, 3ms);
    collected.add(call_side::sent, samples{3}, 16000, 3ms);
    collected.add(call_side::received, samples{4}, 8000, 4ms);
    const auto piece = collected.take(500ms);
    EXPECT_EQ(piece.samples, (samples{1, 2, 3, 4}));
    ASSERT_EQ(piece.blocks.size(), 3U);
    EXPECT_EQ(piece.blocks[1].side, call_side::sent);
    EXPECT_EQ(piece.blocks[1].rate_hz, 16000);
    EXPECT_EQ(piece.blocks[2].at, 4ms);
    EXPECT_EQ(piece.blocks[2].samples, 1U);
    EXPECT_TRUE(collected.take(500ms).blocks.empty());
}

TEST(piece_collector, blocks_of_one_time_become_blocks_of_a_frame) {
    piece_collector collected;
    for (std::int16_t i = 0; i < 2500; ++i)
        collected.add(call_side::received, samples{i}, 8000, 0ms);
    const auto piece = collected.take(500ms);
    EXPECT_EQ(piece.dropped, 0ns);
    EXPECT_EQ(piece.blocks.size(), 16U); // 160 samples each
    samples expected(2500);
    std::iota(expected.begin(), expected.end(), std::int16_t{});
    EXPECT_EQ(piece.samples, expected);
}

TEST(piece_collector, excess_of_one_side_is_dropped_and_costs_the_other_nothing) {
    piece_collector collected;
    for (int i = 0; i < 100; ++i)
        collected.add(call_side::received, samples(160, 5), 8000, 0ms);
    collected.add(call_side::sent, samples(160, 6), 8000, 0ms);
    const auto piece = collected.take(500ms);
    EXPECT_EQ(piece.dropped, 500ms);
    EXPECT_EQ(std::ranges::count(piece.samples, 5), 12'000);
    EXPECT_EQ(std::ranges::count(piece.samples, 6), 160);
}

TEST(piece_collector, next_piece_has_room_again) {
    piece_collector collected;
    for (int i = 0; i < 100; ++i)
        collected.add(call_side::received, samples(160, 5), 8000, 0ms);
    collected.take(500ms);
    collected.add(call_side::received, samples(160, 5), 8000, 500ms);
    const auto piece = collected.take(1s);
    EXPECT_EQ(piece.samples.size(), 160U);
    EXPECT_EQ(piece.dropped, 0ns);
}

TEST(piece_collector, number_of_tiny_blocks_is_bounded) {
    piece_collector collected;
    for (int i = 0; i < 100'000; ++i)
        collected.add(call_side::received, samples{5}, 8000, i * 1us);
    const auto piece = collected.take(500ms);
    EXPECT_EQ(piece.blocks.size(), 1500U); // each counts as a millisecond
    EXPECT_EQ(piece.dropped, 98'500 * 125us);
}

TEST(recorded_piece, silence_that_we_send_is_not_audio) {
    piece_collector collected;
    EXPECT_FALSE(collected.take(0ms).has_audio());
    collected.add(call_side::sent, samples(160), 8000, 0ms);
    EXPECT_FALSE(collected.take(0ms).has_audio());
    collected.add(call_side::sent, samples{0, 1}, 8000, 0ms);
    EXPECT_TRUE(collected.take(0ms).has_audio());
    collected.add(call_side::received, samples(160), 8000, 0ms);
    EXPECT_TRUE(collected.take(0ms).has_audio());
}

TEST(recorded_piece, rate_is_that_of_the_peer_if_it_has_sent_something) {
    piece_collector collected;
    collected.add(call_side::sent, samples(160), 8000, 0ms);
    collected.add(call_side::received, samples(320), 16000, 0ms);
    EXPECT_EQ(collected.take(0ms).rate_hz(), 16000);
    collected.add(call_side::sent, samples(160), 8000, 0ms);
    EXPECT_EQ(collected.take(0ms).rate_hz(), 8000);
}

} // namespace
