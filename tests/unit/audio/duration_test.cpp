// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/duration.hpp>

#include <gtest/gtest.h>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;

static_assert(duration_of(160, 8000) == 20ms);
static_assert(duration_of(882, 44'100) == 20ms);
static_assert(duration_of(0, 8000) == 0ns);

TEST(duration_of, fraction_of_a_nanosecond_is_rounded_down) {
    EXPECT_EQ(duration_of(1, 44'100), 22'675ns); // 22,675.7
    EXPECT_EQ(duration_of(1, 48'000), 20'833ns); // 20,833.3
}

TEST(duration_of, years_of_audio_at_the_highest_rate_are_exact) {
    constexpr std::uint64_t year_s = 366 * 86'400;
    EXPECT_EQ(duration_of(200 * year_s * 192'000, 192'000), std::chrono::seconds(200 * year_s));
    EXPECT_EQ(duration_of(200 * year_s * 192'000 + 96'000, 192'000), std::chrono::seconds(200 * year_s) + 500ms);
}

} // namespace
} // namespace audiosocket
