// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_summary.hpp"

#include "tapes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app::tape;
using namespace std::chrono_literals;

namespace {

tape_summary sums_of(const std::vector<std::string>& lines) {
    tape_summary sums;
    for (const auto& one : lines)
        sums.add(read_entry(one, 2));
    return sums;
}

std::string type_of(const std::string& message) {
    return message_type(read_entry("{\"t\":0,\"what\":\"sent\"," + text_message(message) + "}", 2));
}

} // namespace

TEST(tape_summary, audio_is_summed_up_each_way) {
    const std::vector<std::int16_t> samples(161, 5);
    const auto sums = sums_of({R"({"t":20,"what":"audio","rate":8000,)" + samples_member(samples) + "}",
                               R"({"t":40,"what":"audio","rate":8000,)" + samples_member(samples) + "}",
                               R"({"t":50,"what":"play","count":24000,"rate":24000})",
                               R"({"t":60,"what":"play","count":8000,"rate":16000,"refused":true})"});
    EXPECT_EQ(sums.caller_audio, 40'250us);
    EXPECT_EQ(sums.agent_audio, 1s);
    EXPECT_EQ(sums.agent_audio_refused, 500ms);
    EXPECT_EQ(sums.agent_spoke_at, 50ms);
    EXPECT_EQ(sums.length, 60ms);
}

TEST(tape_summary, clear_that_cuts_something_off_is_a_barge_in) {
    const auto sums =
        sums_of({R"({"t":1,"what":"cleared","mark":"a","sent_ms":5,"cut_ms":7})", // the end of another
                 R"({"t":2,"what":"clear"})", R"({"t":2,"what":"cleared","mark":"","sent_ms":5,"cut_ms":0})",
                 R"({"t":3,"what":"clear"})", R"({"t":4,"what":"cleared","mark":"b","sent_ms":5,"cut_ms":7})",
                 R"({"t":4,"what":"cleared","mark":"c","sent_ms":0,"cut_ms":9})"});
    EXPECT_EQ(sums.barge_ins, 1U);
}

TEST(tape_summary, longest_silence_counts_while_a_connection_is_open) {
    const auto sums =
        sums_of({R"({"t":9000,"what":"open"})", R"({"t":9100,"what":"received","text":"{}"})",
                 R"({"t":9400,"what":"received","text":"{}"})", R"({"t":9500,"what":"closed","code":1000,"reason":""})",
                 R"({"t":20000,"what":"open"})", R"({"t":20100,"what":"ended","reason":"hung up"})",
                 R"({"t":30000,"what":"closed","code":1000,"reason":"over"})"});
    EXPECT_EQ(sums.longest_silence, 300ms);
    EXPECT_EQ(sums.longest_silence_at, 9100ms);
    EXPECT_EQ(sums.connections, 2U);
    EXPECT_EQ(sums.ended, "hung up");
    EXPECT_EQ(sums.close, "code 1000: over");
}

TEST(tape_summary, silence_counts_up_to_the_end_of_a_tape_that_is_cut) {
    const auto sums = sums_of({R"({"t":10,"what":"open"})", R"({"t":3010,"what":"digit","digit":"5"})"});
    EXPECT_EQ(sums.longest_silence, 3s);
    EXPECT_EQ(sums.longest_silence_at, 10ms);
}

TEST(tape_summary, messages_are_counted_by_their_type) {
    EXPECT_EQ(type_of(R"({"event":"media","media":{}})"), "media");
    EXPECT_EQ(type_of(R"({"x":1,"type":"response.done"})"), "response.done");
    EXPECT_EQ(type_of(R"({"serverContent":{"type":"x"}})"), "serverContent");
    EXPECT_EQ(type_of(R"({"type":7})"), "type");
    EXPECT_EQ(type_of("{}"), "text");
    EXPECT_EQ(type_of("no JSON"), "text");
    EXPECT_EQ(message_type(read_entry(R"({"t":0,"what":"sent","binary":"AAA="})", 2)), "binary");
}

TEST(tape_summary, types_without_end_are_one) {
    tape_summary sums;
    for (int i = 0; i < 1000; ++i)
        sums.add(read_entry(
            "{\"t\":0,\"what\":\"sent\"," + text_message("{\"type\":\"" + std::to_string(i) + "\"}") + "}", 2));
    EXPECT_LE(sums.sent.size(), tape_summary::types_max + 1);
    EXPECT_EQ(sums.sent.at("other"), 1000 - tape_summary::types_max);
}

// A damaged tape must not cause an overflow.
TEST(tape_summary, values_out_of_range_count_for_nothing) {
    const auto sums = sums_of({R"({"t":1,"what":"play","count":9223372036854775807,"rate":1})",
                               R"({"t":1,"what":"play","count":-5,"rate":8000})", R"({"t":1,"what":"play","count":5})",
                               R"({"t":1,"what":"audio","rate":-8000,"samples":"AAAA"})",
                               R"({"t":1,"what":"audio","rate":8000,"samples":"===="})",
                               R"({"t":1,"what":"left_out","lines":-3})", R"({"t":1,"what":"unheard of"})"});
    EXPECT_EQ(sums.agent_audio, 1h);
    EXPECT_EQ(sums.caller_audio, 0s);
    EXPECT_EQ(sums.lines_left_out, 0U);
}
