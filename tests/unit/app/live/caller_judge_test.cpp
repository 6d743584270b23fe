// SPDX-License-Identifier: Apache-2.0
#include "live/caller_judge.hpp"

#include "unit/app/diagnosis/streams.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

using diagnosis::code;
using diagnosis::severity;

// Four seconds of audio of this rate, one message each 20 ms, labelled slin. `read_hz`: the rate that the call reads.
std::vector<diagnosis::finding> reported_by(input_format read_as, const byte_string& audio, std::size_t message_bytes,
                                            int read_hz) {
    std::vector<diagnosis::finding> reported;
    caller_judge judge(read_as, [&](const diagnosis::finding& f) { reported.push_back(f); });
    time_point now{1h};
    for (std::size_t at = 0; at + message_bytes <= audio.size(); at += message_bytes, now += 20ms) {
        judge.add({kind::slin, std::span(audio).subspan(at, message_bytes)}, now);
        judge.read_at(read_hz);
    }
    EXPECT_EQ(judge.findings().size(), reported.size());
    return reported;
}

byte_string voice_at(int rate_hz) {
    return as_slin(make(static_cast<std::size_t>(rate_hz) * 4, -12, voiced(140)));
}

const byte_string mu_law = encoded(encoding::ulaw, make(32'000, -12, voiced(140)));

} // namespace

TEST(caller_judge, rate_that_was_found_out_is_a_remark_and_says_what_it_is_read_as) {
    const auto found = reported_by(input_format::automatic, voice_at(16'000), 640, 16'000);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].code, code::wrong_rate);
    EXPECT_EQ(found[0].weight, severity::remark);
    EXPECT_NE(found[0].text.find("16 kHz samples labelled slin? It is read as slin16"), std::string::npos);
    EXPECT_NE(found[0].advice.find("--input-format slin16"), std::string::npos);
}

TEST(caller_judge, rate_that_is_read_as_labelled_is_a_fault) {
    for (const auto read_as : {input_format::automatic, input_format::slin}) {
        const auto found = reported_by(read_as, voice_at(16'000), 640, 8000);
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].code, code::wrong_rate);
        EXPECT_EQ(found[0].weight, severity::finding);
        EXPECT_EQ(found[0].text.find("read as"), std::string::npos) << found[0].text;
    }
}

TEST(caller_judge, what_the_settings_say_is_not_a_fault_and_something_else_is) {
    EXPECT_TRUE(reported_by(input_format::slin16, voice_at(16'000), 640, 16'000).empty());
    EXPECT_TRUE(reported_by(input_format::ulaw, mu_law, 160, 8000).empty());
    EXPECT_TRUE(reported_by(input_format::automatic, voice_at(8000), 320, 8000).empty());

    const auto found = reported_by(input_format::slin16, voice_at(8000), 320, 16'000);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].code, code::wrong_rate);
    EXPECT_EQ(found[0].weight, severity::finding);
}

TEST(caller_judge, g711_is_a_remark_where_it_is_decoded_and_a_fault_where_it_is_not) {
    const auto decoded = reported_by(input_format::automatic, mu_law, 160, 8000);
    ASSERT_EQ(decoded.size(), 1U);
    EXPECT_EQ(decoded[0].code, code::g711_as_slin);
    EXPECT_EQ(decoded[0].weight, severity::remark);
    EXPECT_NE(decoded[0].text.find("read as ulaw"), std::string::npos) << decoded[0].text;

    const auto noise = reported_by(input_format::slin, mu_law, 160, 8000);
    ASSERT_EQ(noise.size(), 1U);
    EXPECT_EQ(noise[0].weight, severity::finding);
}

TEST(caller_judge, codec_that_cannot_be_decoded_is_known_as_that) {
    caller_judge judge(input_format::automatic, [](const diagnosis::finding&) {});
    EXPECT_FALSE(judge.another_codec());
    byte_string gsm(33, std::byte{0x5a});
    gsm[0] = std::byte{0xd2};
    for (int i = 0; i < 30; ++i)
        judge.add({kind::slin, gsm}, time_point{1h} + i * 20ms);
    EXPECT_TRUE(judge.another_codec());
    ASSERT_EQ(judge.findings().size(), 1U);
    EXPECT_EQ(judge.findings()[0].code, code::codec_as_slin);
}
