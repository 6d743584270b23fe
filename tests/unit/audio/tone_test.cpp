// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/tone.hpp>

#include "signals.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace audiosocket {
namespace {

using test::samples;

TEST(tone, impossible_frequency_or_level_is_refused) {
    EXPECT_THROW(tone(0, 8000), std::invalid_argument);
    EXPECT_THROW(tone(-1, 8000), std::invalid_argument);
    EXPECT_THROW(tone(4000, 8000), std::invalid_argument);
    EXPECT_THROW(tone(std::numeric_limits<double>::quiet_NaN(), 8000), std::invalid_argument);
    EXPECT_THROW(tone(440, 0), std::invalid_argument);
    EXPECT_THROW(tone(440, 8000, 0.1), std::invalid_argument);
    EXPECT_NO_THROW(tone(3999.9, 8000, 0));
}

TEST(tone, blocks_join_without_a_seam) {
    tone whole(440, 8000);
    samples expected(8000);
    whole.fill(expected);
    tone cut(440, 8000);
    samples out(8000);
    for (std::size_t at = 0; at < out.size(); at += 80) {
        cut.fill(std::span(out).subspan(at, 80));
    }
    EXPECT_EQ(out, expected);
}

TEST(tone, peak_is_at_the_level_asked_for) {
    samples out(8000);
    tone(441, 8000, 0).fill(out);
    EXPECT_EQ(*std::max_element(out.begin(), out.end()), 32767);
    tone(441, 8000, -20).fill(out);
    EXPECT_EQ(*std::max_element(out.begin(), out.end()), 3277);
}

TEST(tone, phase_is_right_after_an_hour) {
    constexpr double hz = 997.3; // not a whole number of samples
    tone t(hz, 8000, 0);
    samples block(8000);
    for (int second = 0; second < 3600; ++second) {
        t.fill(block);
    }
    t.fill(block);
    for (std::size_t i = 0; i < block.size(); ++i) {
        const double cycles = std::fmod(hz * 3600, 1.0) + hz * static_cast<double>(i) / 8000;
        const double ideal = 32767 * std::sin(2 * std::numbers::pi * cycles);
        ASSERT_NEAR(block[i], ideal, 0.51) << i;
    }
}

} // namespace
} // namespace audiosocket
