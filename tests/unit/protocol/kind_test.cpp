// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/protocol/kind.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;

TEST(kind, audio_kinds_have_the_nine_rates) {
    const std::pair<int, int> expected[] = {{0x10, 8000},  {0x11, 12000}, {0x12, 16000}, {0x13, 24000}, {0x14, 32000},
                                            {0x15, 44100}, {0x16, 48000}, {0x17, 96000}, {0x18, 192000}};
    for (const auto& [value, rate] : expected) {
        EXPECT_TRUE(is_audio(static_cast<kind>(value)));
        EXPECT_EQ(rate_hz(static_cast<kind>(value)), rate);
        EXPECT_EQ(slin_kind(rate), static_cast<kind>(value));
    }
}

TEST(kind, all_other_values_are_not_audio) {
    int audio_kinds = 0;
    for (int value = 0; value < 256; ++value) {
        const auto k = static_cast<kind>(value);
        audio_kinds += is_audio(k);
        EXPECT_EQ(is_audio(k), rate_hz(k) != 0) << value;
    }
    EXPECT_EQ(audio_kinds, 9);
    EXPECT_FALSE(slin_kind(22050));
}

TEST(kind, names_read_back) {
    for (int rate : slin_rates_hz)
        EXPECT_EQ(slin_kind(name(*slin_kind(rate))), slin_kind(rate));
    EXPECT_EQ(slin_kind("slin8"), kind::slin);
    EXPECT_FALSE(slin_kind("slin11"));
    EXPECT_FALSE(slin_kind(""));
    EXPECT_EQ(name(kind::hangup), "hangup");
    EXPECT_EQ(name(static_cast<kind>(0x19)), "unknown");
}

TEST(kind, exactly_sixteen_characters_are_digits) {
    int digits = 0;
    for (int c = 0; c < 256; ++c)
        digits += is_dtmf_digit(static_cast<char>(c));
    EXPECT_EQ(digits, 16);
    for (char c : {'0', '9', '*', '#', 'A', 'D'})
        EXPECT_TRUE(is_dtmf_digit(c)) << c;
    EXPECT_FALSE(is_dtmf_digit('a'));
}

TEST(error_bits, combine_as_bits) {
    const auto both = static_cast<error_bits>(0x05);
    EXPECT_TRUE(has(both, error_bits::hangup));
    EXPECT_TRUE(has(both, error_bits::memory));
    EXPECT_FALSE(has(both, error_bits::frame_forwarding));
}

TEST(kind, kinds_that_are_not_audio_have_their_names) {
    EXPECT_EQ(name(kind::hangup), "hangup");
    EXPECT_EQ(name(kind::id), "id");
    EXPECT_EQ(name(kind::silence), "silence");
    EXPECT_EQ(name(kind::dtmf), "dtmf");
    EXPECT_EQ(name(kind::error), "error");
    EXPECT_EQ(name(static_cast<kind>(0x7f)), "unknown");
}
