// SPDX-License-Identifier: Apache-2.0
#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {
const uuid sample = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");
}

TEST(encoder, every_constructor_writes_the_bytes_of_the_protocol) {
    error_code error;
    EXPECT_EQ(hangup_message().to_bytes(), raw({0, 0, 0}));
    EXPECT_EQ(silence_message().to_bytes(), raw({2, 0, 0}));
    EXPECT_EQ(id_message(sample).to_bytes(), frame(0x01, bytes(sample.bytes.begin(), sample.bytes.end())));
    EXPECT_EQ(dtmf_message('#', error).to_bytes(), raw({3, 0, 1, '#'}));
    EXPECT_FALSE(error);
    EXPECT_EQ(error_message(error_bits::memory).to_bytes(), raw({0xff, 0, 1, 4}));
    const bytes pcm = numbered(160);
    EXPECT_EQ(slin_message(pcm, error).to_bytes(), raw({0x10, 0x01, 0x40}) + pcm);
    EXPECT_FALSE(error);
}

TEST(encoder, audio_is_not_copied) {
    error_code error;
    const bytes pcm = numbered(160);
    const auto m = audio_message(kind::slin16, pcm, error);
    EXPECT_EQ(m.payload().data(), pcm.data());
    EXPECT_EQ(m.head().size(), header_bytes);
    EXPECT_EQ(m.size(), header_bytes + pcm.size());
    EXPECT_EQ(m.buffers()[0].data(), m.head().data());
    EXPECT_EQ(m.buffers()[1].data(), pcm.data());
}

TEST(encoder, audio_that_asterisk_would_drop_the_call_for_is_refused) {
    error_code error;
    slin_message({}, error);
    EXPECT_EQ(error, usage_errc::not_whole_samples);
    slin_message(bytes(321), error);
    EXPECT_EQ(error, usage_errc::not_whole_samples);
    slin_message(bytes(65'536), error);
    EXPECT_EQ(error, usage_errc::payload_too_long);
    audio_message(kind::dtmf, bytes(320), error);
    EXPECT_EQ(error, protocol_errc::wrong_kind);
    slin_message(bytes(65'534), error);
    EXPECT_FALSE(error);
    dtmf_message('E', error);
    EXPECT_EQ(error, usage_errc::not_a_dtmf_digit);
}

TEST(message, accessors_answer_for_their_kind_only) {
    error_code error;
    const bytes id_bytes = id_message(sample).to_bytes();
    const message id = parse_message(id_bytes, error);
    ASSERT_FALSE(error);
    EXPECT_EQ(id.content_length(), 16U);
    EXPECT_EQ(id.id(error), sample);
    EXPECT_FALSE(error);
    EXPECT_EQ(id.error(), error_bits::none);
    EXPECT_FALSE(id.dtmf_digit());

    const bytes pcm = frame(kind::slin, numbered(8));
    EXPECT_EQ(parse_message(pcm, error).id(error), uuid{});
    EXPECT_EQ(error, protocol_errc::wrong_kind);

    const bytes short_id = frame(kind::id, bytes(15));
    EXPECT_EQ(parse_message(short_id, error).id(error), uuid{});
    EXPECT_EQ(error, protocol_errc::id_length);
}

TEST(message, error_code_is_unknown_when_none_is_carried) {
    error_code error;
    const bytes none = frame(kind::error);
    EXPECT_EQ(parse_message(none, error).error(), error_bits::unknown);
    for (auto bits : {error_bits::hangup, error_bits::frame_forwarding, error_bits::memory}) {
        const bytes coded = error_message(bits).to_bytes();
        EXPECT_EQ(parse_message(coded, error).error(), bits);
    }
}

TEST(message, dtmf_of_another_length_or_character_is_not_a_digit) {
    error_code error;
    for (const bytes& m : {frame(kind::dtmf), frame(kind::dtmf, raw("12")), frame(kind::dtmf, raw({0xff}))})
        EXPECT_FALSE(parse_message(m, error).dtmf_digit());
    const bytes good = frame(kind::dtmf, raw("7"));
    EXPECT_EQ(parse_message(good, error).dtmf_digit(), '7');
}

TEST(message, truncated_bytes_are_an_error_at_every_length) {
    const bytes whole = frame(kind::slin, numbered(4));
    for (std::size_t n = 0; n < whole.size(); ++n) {
        error_code error;
        parse_message(std::span(whole).first(n), error);
        EXPECT_EQ(error, protocol_errc::message_truncated) << n;
    }
}

TEST(error, values_have_a_category_and_words) {
    for (int value = 1; value <= static_cast<int>(protocol_errc::idle_timeout); ++value)
        EXPECT_EQ(make_error_code(static_cast<protocol_errc>(value)).message().find("unknown"), std::string::npos);
    for (int value = 1; value <= static_cast<int>(usage_errc::playout_cleared); ++value)
        EXPECT_EQ(make_error_code(static_cast<usage_errc>(value)).message().find("unknown"), std::string::npos);
    EXPECT_NE(error_code(protocol_errc::id_expected), error_code(usage_errc::payload_too_long));
}
