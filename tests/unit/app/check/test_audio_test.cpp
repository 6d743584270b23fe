// SPDX-License-Identifier: Apache-2.0
#include "check/test_audio.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::check {
namespace {

using samples = std::vector<std::int16_t>;

TEST(numbers, lines_send_different_numbers_at_the_same_time) {
    EXPECT_EQ(numbers().take(2), (samples{1, 2}));
    EXPECT_EQ(numbers(1).take(2), (samples{998, 999}));
}

TEST(numbers_in_order, counts_up_to_the_first_that_is_missing) {
    auto all = numbers(3).take(100);
    EXPECT_EQ(numbers_in_order(all, 3), 100U);
    EXPECT_EQ(numbers_in_order(all, 2), 0U);
    all.erase(all.begin() + 40);
    EXPECT_EQ(numbers_in_order(all, 3), 40U);
    EXPECT_EQ(numbers_in_order({}), 0U);
}

TEST(without_silence, zeros_are_left_out) {
    EXPECT_EQ(without_silence({0, 1, 0, 0, -2, 0}), (samples{1, -2}));
}

TEST(audio, message_has_the_kind_and_the_samples) {
    const bytes m = audio(samples{1, -2}, kind::slin16);
    EXPECT_EQ(m, (bytes{std::byte{0x12}, std::byte{0}, std::byte{4}, std::byte{1}, std::byte{0}, std::byte{0xfe},
                        std::byte{0xff}}));
}

TEST(frequency_hz, tone_is_measured_and_silence_is_not) {
    samples sound(8000);
    tone(440, 8000).fill(sound);
    EXPECT_NEAR(frequency_hz(sound, 8000), 440, 1);
    EXPECT_EQ(frequency_hz(samples(8000), 8000), 0);
}

} // namespace
} // namespace audiosocket::app::check
