// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/numbered_samples.hpp>

#include <gtest/gtest.h>

#include <array>

namespace audiosocket {
namespace {

TEST(numbered_samples, every_sample_says_its_position_and_is_not_silence) {
    for (std::size_t n = 0; n < 2 * numbered_samples::period; ++n) {
        const std::int16_t sample = numbered_samples::at(n);
        ASSERT_NE(sample, 0);
        ASSERT_TRUE(numbered_samples::is_numbered(sample));
        ASSERT_EQ(numbered_samples::position_of(sample), n % numbered_samples::period);
    }
}

TEST(numbered_samples, other_values_are_not_numbered) {
    EXPECT_FALSE(numbered_samples::is_numbered(0));
    EXPECT_FALSE(numbered_samples::is_numbered(-1));
    EXPECT_FALSE(numbered_samples::is_numbered(32'001));
    EXPECT_FALSE(numbered_samples::is_numbered(32'767));
    EXPECT_TRUE(numbered_samples::is_numbered(1));
    EXPECT_TRUE(numbered_samples::is_numbered(32'000));
}

TEST(numbered_samples, pieces_join_without_a_gap) {
    numbered_samples in_pieces(31'995);
    auto joined = in_pieces.take(3);
    std::array<std::int16_t, 4> more{};
    in_pieces.fill(more);
    joined.insert(joined.end(), more.begin(), more.end());
    EXPECT_EQ(joined, numbered_samples(31'995).take(7));
    EXPECT_EQ(joined, (std::vector<std::int16_t>{31'996, 31'997, 31'998, 31'999, 32'000, 1, 2}));
}

} // namespace
} // namespace audiosocket
