// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/other_protocol.hpp"

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::diagnosis {
namespace {

using test::bytes;
using test::frame;
using test::operator+;

const bytes silent_samples(800); // the beginning of a sound without a header

TEST(other_protocol, nothing_follows_a_hangup) {
    EXPECT_TRUE(starts_like_a_message(frame(kind::hangup)));
    EXPECT_TRUE(starts_like_a_message(test::audio_frame() + frame(kind::hangup)));
    EXPECT_FALSE(starts_like_a_message(silent_samples));
    EXPECT_FALSE(starts_like_a_message(frame(kind::hangup) + test::audio_frame()));
    EXPECT_FALSE(starts_like_a_message(test::audio_frame() + silent_samples));
}

TEST(other_protocol, one_message_is_likely_and_two_are_sure) {
    EXPECT_TRUE(starts_like_a_message(test::audio_frame()));
    EXPECT_FALSE(is_surely_messages(test::audio_frame()));
    EXPECT_TRUE(is_surely_messages(test::id_frame() + test::audio_frame()));
    EXPECT_TRUE(is_surely_messages(test::audio_frame() + frame(kind::hangup)));
    EXPECT_FALSE(is_surely_messages(test::id_frame() + test::audio_frame() + silent_samples));
    EXPECT_FALSE(is_surely_messages(bytes(3, std::byte{0})));
    EXPECT_FALSE(is_surely_messages({}));
}

} // namespace
} // namespace audiosocket::app::diagnosis
