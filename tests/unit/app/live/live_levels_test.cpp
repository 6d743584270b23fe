// SPDX-License-Identifier: Apache-2.0
#include "live/live_levels.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

constexpr int narrowband_hz = 8000;
const time_point begin{1h};

std::vector<std::int16_t> frame_of(std::int16_t low, std::int16_t high) {
    std::vector<std::int16_t> samples(160, 0);
    samples[3] = low;
    samples[7] = high;
    return samples;
}

} // namespace

TEST(sound_outline, each_20_ms_has_its_lowest_and_its_highest) {
    sound_outline o(begin);
    o.add(frame_of(-256, 512), narrowband_hz, begin);
    o.add(frame_of(-32768, 32767), narrowband_hz, begin + 20ms);
    const auto slots = o.since(0);
    ASSERT_EQ(slots.size(), 2U);
    EXPECT_EQ(slots[0].low, -1);
    EXPECT_EQ(slots[0].high, 2);
    EXPECT_EQ(slots[1].low, -128);
    EXPECT_EQ(slots[1].high, 127);
}

TEST(sound_outline, frames_of_another_length_fill_the_same_slots) {
    sound_outline o(begin);
    for (int n = 0; n < 10; ++n)
        o.add(std::vector<std::int16_t>(80, 1000), narrowband_hz, begin + n * 10ms);
    EXPECT_EQ(o.next(), 5U);
    EXPECT_EQ(o.since(4).at(0).high, 3);
}

TEST(sound_outline, silence_on_the_wire_is_a_gap) {
    sound_outline o(begin);
    o.add(frame_of(-256, 256), narrowband_hz, begin);
    o.add(frame_of(-512, 512), narrowband_hz, begin + 1s);
    ASSERT_EQ(o.next(), 51U);
    const auto slots = o.since(0);
    EXPECT_EQ(slots[0].high, 1);
    EXPECT_EQ(slots[25].high, 0);
    EXPECT_EQ(slots[50].high, 2);
}

TEST(sound_outline, what_is_older_than_20_s_is_forgotten) {
    sound_outline o(begin);
    for (int n = 0; n < 1500; ++n)
        o.add(frame_of(0, static_cast<std::int16_t>(n % 100 * 256)), narrowband_hz, begin + n * 20ms);
    EXPECT_EQ(o.first_since(0), 500U);
    EXPECT_EQ(o.since(0).size(), sound_outline::slots_max);
    EXPECT_EQ(o.since(1499).at(0).high, 99);
    EXPECT_TRUE(o.since(5000).empty());
}

TEST(sound_outline, days_of_silence_cost_no_more_than_what_is_remembered) {
    sound_outline o(begin);
    o.add(frame_of(0, 256), narrowband_hz, begin + 24h * 365);
    EXPECT_EQ(o.next(), 24U * 365 * 3600 * 50 + 1);
    EXPECT_EQ(o.since(0).back().high, 1);
    EXPECT_EQ(o.since(0).front().high, 0);
}

TEST(sound_outline, audio_faster_than_real_time_stays_within_a_tenth_of_a_second) {
    sound_outline o(begin);
    for (int n = 0; n < 100; ++n)
        o.add(frame_of(0, 256), narrowband_hz, begin);
    EXPECT_LE(o.next(), 7U);
}

TEST(live_levels, level_is_that_of_the_last_fifth_of_a_second) {
    live_levels s;
    const std::vector<std::int16_t> loud(160, 16384);
    for (int n = 0; n < 30; ++n) {
        s.received(loud, narrowband_hz, begin + n * 20ms);
        s.sent(std::vector<std::int16_t>(160, 0), narrowband_hz, begin + n * 20ms);
    }
    EXPECT_NEAR(s.received_level(begin + 600ms).rms_dbfs, -6.02, 0.01);
    EXPECT_EQ(s.sent_level(begin + 600ms).rms_dbfs, level::floor_dbfs);
    EXPECT_EQ(s.received_level(begin + 2s).rms_dbfs, level::floor_dbfs) << "nothing has come for a while";
}

TEST(live_levels, outlines_are_drawn_while_a_page_looks_closely) {
    live_levels s;
    EXPECT_EQ(s.drawn(), nullptr);
    s.draw(true);
    s.received(frame_of(0, 256), narrowband_hz, clock::now());
    s.draw(true); // again: what is drawn stays
    ASSERT_NE(s.drawn(), nullptr);
    EXPECT_EQ(s.drawn()->received.next(), 1U);
    EXPECT_EQ(s.drawn()->sent.next(), 0U);
    s.draw(false);
    EXPECT_EQ(s.drawn(), nullptr);
}
