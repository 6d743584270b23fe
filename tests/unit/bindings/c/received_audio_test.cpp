// SPDX-License-Identifier: Apache-2.0
#include "received_audio.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace audiosocket::c {
namespace {

using std::chrono::milliseconds;

std::vector<std::int16_t> counted(std::size_t count, int from = 0) {
    std::vector<std::int16_t> samples(count);
    std::iota(samples.begin(), samples.end(), static_cast<std::int16_t>(from));
    return samples;
}

std::vector<std::int16_t> read(received_audio& audio, std::size_t count) {
    std::vector<std::int16_t> samples(count);
    samples.resize(audio.read(samples));
    return samples;
}

TEST(received_audio, samples_come_out_in_their_order) {
    received_audio audio({0, 20}, milliseconds(2000));
    audio.add(counted(160), 8000);
    audio.add(counted(160, 160), 8000);
    EXPECT_EQ(read(audio, 100), counted(100));
    EXPECT_EQ(read(audio, 1000), counted(220, 100));
    EXPECT_TRUE(read(audio, 1000).empty());
    EXPECT_EQ(audio.rate_hz(), 8000);
    EXPECT_EQ(audio.added(), 320U);
    EXPECT_EQ(audio.lost(), 0U);
}

TEST(received_audio, event_comes_once_until_less_than_one_is_left) {
    received_audio audio({0, 40}, milliseconds(2000));
    EXPECT_FALSE(audio.add(counted(160), 8000)); // 20 ms of 40
    EXPECT_TRUE(audio.add(counted(160), 8000));
    EXPECT_FALSE(audio.add(counted(160), 8000));
    EXPECT_FALSE(audio.add(counted(160), 8000));
    read(audio, 320); // one event is left
    EXPECT_FALSE(audio.add(counted(160), 8000));
    read(audio, 161); // one sample less
    EXPECT_TRUE(audio.add(counted(160), 8000));
}

TEST(received_audio, oldest_samples_are_lost_beyond_the_bound) {
    received_audio audio({0, 20}, milliseconds(100));
    for (int i = 0; i < 10; ++i)
        audio.add(counted(160, i * 160), 8000);
    EXPECT_EQ(audio.lost(), 800U);
    EXPECT_EQ(read(audio, 10'000), counted(800, 800));
    EXPECT_EQ(audio.added(), 1600U);
}

TEST(received_audio, bound_holds_two_events_at_least) {
    received_audio audio({0, 1000}, milliseconds(100));
    for (int i = 0; i < 200; ++i)
        audio.add(counted(160), 8000);
    EXPECT_EQ(read(audio, 100'000).size(), 16'000U);
}

TEST(received_audio, rate_of_the_application_is_kept_whatever_arrives) {
    received_audio audio({16'000, 20}, milliseconds(2000));
    for (int i = 0; i < 25; ++i)
        audio.add(counted(160), 8000);
    for (int i = 0; i < 25; ++i)
        audio.add(counted(320), 16'000);
    EXPECT_EQ(audio.rate_hz(), 16'000);
    const auto samples = read(audio, 100'000).size();
    EXPECT_NEAR(static_cast<double>(samples), 16'000, 16'000 * 0.02); // less what the converter holds back
}

TEST(received_audio, change_keeps_what_was_not_read) {
    received_audio audio({0, 20}, milliseconds(2000));
    EXPECT_TRUE(audio.add(counted(160), 8000));
    EXPECT_FALSE(audio.set({0, 40}));
    EXPECT_TRUE(audio.set({8000, 20})); // and notifies again
    EXPECT_EQ(audio.lost(), 0U);
    EXPECT_EQ(read(audio, 1000), counted(160));
}

TEST(received_audio, change_of_the_rate_converts_what_was_not_read) {
    received_audio audio({0, 20}, milliseconds(2000));
    audio.add(std::vector<std::int16_t>(1600, 1000), 8000);
    EXPECT_TRUE(audio.set({16'000, 20}));
    EXPECT_EQ(audio.rate_hz(), 16'000);
    EXPECT_NEAR(static_cast<double>(audio.available()), 3200, 160); // less what the converter holds back
    audio.set({0, 20});
    EXPECT_EQ(audio.rate_hz(), 8000);
    EXPECT_NEAR(static_cast<double>(audio.available()), 1600, 160);
}

TEST(received_audio, nothing_is_lost_or_moved_in_random_reads) {
    constexpr unsigned seed = 17;
    std::mt19937 random(seed);
    received_audio audio({0, 20}, milliseconds(60'000));
    std::int16_t next_in = 0;
    std::int16_t next_out = 0;
    for (int round = 0; round < 2000; ++round) {
        for (auto frames = random() % 4; frames > 0; --frames) {
            audio.add(counted(160, next_in), 8000);
            next_in = static_cast<std::int16_t>(next_in + 160);
        }
        for (const auto sample : read(audio, random() % 700))
            ASSERT_EQ(sample, next_out++) << "seed " << seed;
    }
    EXPECT_EQ(audio.lost(), 0U);
}

} // namespace
} // namespace audiosocket::c
