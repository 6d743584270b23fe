// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/sample_call.hpp"

#include "gateway/pending_marks.hpp"
#include "support/bytes.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <gtest/gtest.h>

#include <random>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::json_of;
using test::lines;
using test::quoted;
using test::sample_call;

namespace {

const std::string stream = "MZ0123456789abcdef0123456789abcdef";

std::string media(const std::string& payload) {
    return "{'event':'media','streamSid':'" + stream + "','media':{'payload':'" + payload + "'}}";
}

std::string mark(const std::string& name) {
    return "{'event':'mark','streamSid':'" + stream + "','mark':{'name':'" + name + "'}}";
}

const std::string clear = "{'event':'clear','streamSid':'" + stream + "'}";

// A call that has begun; its messages so far are removed.
sample_call begun() {
    sample_call call("twilio");
    call.open();
    call.out.take_texts();
    return call;
}

std::vector<std::byte> payload_of(const boost::json::value& message) {
    return *gateway::decode_base64(message.at("media").at("payload").as_string());
}

} // namespace

TEST(twilio, opened_says_connected_and_start_and_is_ready) {
    sample_call call("twilio");
    call.open();
    ASSERT_EQ(call.out.actions.size(), 3U);
    EXPECT_EQ(call.out.actions.back(), "ready");
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0], json_of("{'event':'connected','protocol':'Call','version':'1.0.0'}"));
    EXPECT_EQ(said[1], json_of("{'event':'start','sequenceNumber':'1','streamSid':'" + stream +
                               "','start':{'streamSid':'" + stream +
                               "','accountSid':'AC00000000000000000000000000000000',"
                               "'callSid':'CA111122223333444455556666777788aa','tracks':['inbound'],"
                               "'mediaFormat':{'encoding':'audio/x-mulaw','sampleRate':8000,'channels':1},"
                               "'customParameters':{'language':'de','quote':'a \\'b\\'',"
                               "'from_number':'+4930123','to_number':'100'}}}"));
}

TEST(twilio, the_account_is_that_of_the_parameters) {
    auto context = test::sample_context();
    context.parameters = {{"account_sid", "AC7\""}};
    context.from.clear();
    context.to.clear();
    sample_call call("twilio", "", context);
    call.open();
    call.in->call_ended(call.out);
    const auto said = call.out.take_texts();
    EXPECT_EQ(said[1].at("start").at("accountSid").as_string(), "AC7\"");
    EXPECT_EQ(said[1].at("start").at("customParameters"), json_of("{'account_sid':'AC7\\''}"));
    EXPECT_EQ(said[2].at("stop").at("accountSid").as_string(), "AC7\"");
}

TEST(twilio, a_session_is_refused) {
    EXPECT_EQ(test::refusal("twilio", ""), "");
    EXPECT_NE(test::refusal("twilio", "{}"), "");
}

TEST(twilio, caller_audio_of_any_length_becomes_messages_of_20_ms) {
    const auto samples = test::numbered_audio(160 * 50);
    std::mt19937 random(7);
    for (const std::size_t longest : {1U, 159U, 160U, 161U, 1000U, 8000U}) {
        auto call = begun();
        EXPECT_EQ(call.in->caller_rate_hz(), 8000);
        for (std::size_t i = 0; i < samples.size();) {
            const auto n =
                std::min(samples.size() - i, std::uniform_int_distribution<std::size_t>(longest / 2, longest)(random));
            call.in->caller_audio(std::span(samples).subspan(i, n), test::start + i * 125us, call.out);
            i += n;
        }
        const auto said = call.out.take_texts();
        ASSERT_EQ(said.size(), 50U);
        for (std::size_t i = 0; i < said.size(); ++i) {
            std::vector<std::byte> expected(160);
            encode(encoding::ulaw, std::span(samples).subspan(160 * i, 160), expected);
            EXPECT_EQ(payload_of(said[i]), expected);
            auto rest = said[i].as_object();
            rest["media"].as_object().erase("payload");
            EXPECT_EQ(boost::json::value(rest),
                      json_of("{'event':'media','sequenceNumber':'" + std::to_string(i + 2) + "','streamSid':'" +
                              stream + "','media':{'track':'inbound','chunk':'" + std::to_string(i + 1) +
                              "','timestamp':'" + std::to_string(20 * i) + "'}}"));
        }
    }
}

TEST(twilio, timestamps_follow_the_clock_where_the_caller_sent_nothing) {
    auto call = begun();
    const auto frame = test::numbered_audio(160);
    const auto timestamp_at = [&](std::chrono::milliseconds at) {
        call.in->caller_audio(frame, test::start + at, call.out);
        return std::string(call.out.take_texts().at(0).at("media").at("timestamp").as_string());
    };
    EXPECT_EQ(timestamp_at(35ms), "35"); // the first: since the start
    EXPECT_EQ(timestamp_at(55ms), "55");
    EXPECT_EQ(timestamp_at(375ms), "75"); // late, as after a stall: its audio follows at once
    EXPECT_EQ(timestamp_at(375ms), "95");
    EXPECT_EQ(timestamp_at(2000ms), "2000"); // a gap
    EXPECT_EQ(timestamp_at(2020ms), "2020");
    EXPECT_EQ(timestamp_at(2000ms), "2040"); // never back
}

TEST(twilio, audio_from_before_the_start_begins_at_zero) {
    auto call = begun();
    call.in->caller_audio(test::numbered_audio(160), test::start - 1s, call.out);
    EXPECT_EQ(call.out.take_texts().at(0).at("media").at("timestamp").as_string(), "0");
}

TEST(twilio, a_digit_is_sent) {
    auto call = begun();
    call.in->caller_digit('#', test::start, call.out);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0], json_of("{'event':'dtmf','sequenceNumber':'2','streamSid':'" + stream +
                               "','dtmf':{'track':'inbound_track','digit':'#'}}"));
}

TEST(twilio, audio_of_any_length_is_played) {
    auto call = begun();
    call.receive(media("AFX/"));
    call.receive(media("gA=="));
    call.receive(media(""));
    EXPECT_EQ(call.out.take(), (lines{"play 3 at 8000", "play 1 at 8000"}));
    EXPECT_EQ(call.out.played, (std::vector<std::int16_t>{ulaw_to_linear(0x00), ulaw_to_linear(0x55),
                                                          ulaw_to_linear(0xff), ulaw_to_linear(0x80)}));
}

TEST(twilio, refused_audio_is_reported_once_until_there_is_room) {
    auto call = begun();
    call.out.full = true;
    for (int i = 0; i < 3; ++i)
        call.receive(media("AFX/"));
    EXPECT_EQ(call.out.reports.size(), 1U);
    call.out.full = false;
    call.receive(media("AFX/"));
    call.out.full = true;
    call.receive(media("AFX/"));
    EXPECT_EQ(call.out.reports.size(), 2U);
    EXPECT_NE(call.out.reports[1].text.find("queue is full"), std::string::npos);
}

TEST(twilio, a_mark_is_echoed_when_it_was_played) {
    auto call = begun();
    call.receive(media("AFX/"));
    call.receive(mark("one"));
    call.receive(mark("one"));
    call.receive(mark(""));
    EXPECT_EQ(call.out.take(), (lines{"play 3 at 8000", "mark", "mark", "mark"}));
    EXPECT_TRUE(call.out.texts.empty());
    call.out.reach_marks(*call.in);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0],
              json_of("{'event':'mark','sequenceNumber':'2','streamSid':'" + stream + "','mark':{'name':'one'}}"));
    EXPECT_EQ(said[1].at("sequenceNumber").as_string(), "3");
    EXPECT_EQ(said[2].at("mark"), json_of("{'name':''}"));
}

TEST(twilio, clear_echoes_all_pending_marks) {
    auto call = begun();
    call.receive(mark("a"));
    call.receive(media("AFX/"));
    call.receive(mark("b"));
    call.out.take();
    call.receive(clear);
    EXPECT_EQ(call.out.take(), lines{"clear"});
    call.out.clear_marks(*call.in, 0ms, 20ms);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0].at("mark").at("name").as_string(), "a");
    EXPECT_EQ(said[1].at("mark").at("name").as_string(), "b");
}

TEST(twilio, marks_of_others_are_not_echoed) {
    auto call = begun();
    call.receive(mark("a"));
    for (const char* other : {"", "a", "#", "#x", "#1", "#00000000000000000000001", "mark"}) {
        call.in->played({other, {}}, call.out);
        call.in->cleared({other, {}, {}}, call.out);
    }
    EXPECT_TRUE(call.out.texts.empty());
    call.out.reach_marks(*call.in);
    EXPECT_EQ(call.out.texts.size(), 1U);
}

TEST(twilio, pending_marks_are_bounded) {
    auto call = begun();
    for (std::size_t i = 0; i < gateway::pending_marks::marks_max; ++i)
        call.receive(mark("m"));
    EXPECT_TRUE(call.out.reports.empty());
    call.receive(mark("m"));
    EXPECT_EQ(call.out.marks.size(), gateway::pending_marks::marks_max);
    ASSERT_EQ(call.out.reports.size(), 1U);
    EXPECT_NE(call.out.reports[0].text.find("5000 marks"), std::string::npos);
    call.out.reach_marks(*call.in);
    EXPECT_EQ(call.out.texts.size(), gateway::pending_marks::marks_max);
    call.receive(mark("m"));
    EXPECT_EQ(call.out.marks.size(), 1U);
    call.receive(mark(std::string(513, 'n')));
    EXPECT_EQ(call.out.marks.size(), 1U);
    EXPECT_NE(call.out.reports.back().text.find("512"), std::string::npos);
}

TEST(twilio, what_is_for_another_stream_or_wrong_is_ignored_and_reported) {
    const std::pair<std::string, const char*> bad[]{
        {"{'event':'clear','streamSid':'MZff'}", "streamSid is \"MZff\""},
        {"{'event':'clear'}", "streamSid is \"\""},
        {"{'event':'media','streamSid':'" + stream + "','media':{'payload':7}}", "no media.payload"},
        {"{'event':'media','streamSid':'" + stream + "'}", "no media.payload"},
        {media("%%%"), "not base64: \"%%%\""},
        {"{'event':'mark','streamSid':'" + stream + "','mark':{}}", "no mark.name"},
        {"{'event':'dance'}", "unknown type"},
        {"{}", "without a type"},
        {"[1]", "not an object"},
        {"hello", "not JSON"},
    };
    auto call = begun();
    for (const auto& [message, why] : bad) {
        call.receive(message);
        ASSERT_EQ(call.out.actions.size(), 1U) << message;
        EXPECT_EQ(call.out.reports.back().what, gateway::dialect_report::type::ignored);
        EXPECT_NE(call.out.reports.back().text.find(why), std::string::npos) << call.out.reports.back().text;
        call.out.take();
    }
    call.in->binary(test::raw("abc"), test::start, call.out);
    ASSERT_EQ(call.out.actions.size(), 1U);
    EXPECT_NE(call.out.reports.back().text.find("binary message of 3 bytes"), std::string::npos);
}

TEST(twilio, a_name_in_a_report_is_cut_between_characters) {
    auto call = begun();
    std::string type(79, 'x');
    for (int i = 0; i < 100; ++i)
        type += "\u00e4";
    call.receive("{'event':'" + type + "'}");
    EXPECT_EQ(call.out.reports.back().name, std::string(79, 'x') + "...");
}

TEST(twilio, the_end_of_the_call_sends_the_rest_and_stop) {
    auto call = begun();
    call.in->caller_audio(test::numbered_audio(100), test::start, call.out);
    EXPECT_TRUE(call.out.texts.empty());
    call.in->call_ended(call.out);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 2U);
    const auto payload = payload_of(said[0]);
    ASSERT_EQ(payload.size(), 160U);
    EXPECT_EQ(payload[99], static_cast<std::byte>(linear_to_ulaw(100)));
    EXPECT_EQ(payload[100], static_cast<std::byte>(linear_to_ulaw(0)));
    EXPECT_EQ(said[1], json_of("{'event':'stop','sequenceNumber':'3','streamSid':'" + stream +
                               "','stop':{'accountSid':'AC00000000000000000000000000000000',"
                               "'callSid':'CA111122223333444455556666777788aa'}}"));
}

TEST(twilio, an_orderly_close_hangs_up_and_another_is_a_failure) {
    auto call = begun();
    for (const int code : {1000, 1001, 1005})
        EXPECT_EQ(call.in->closed(static_cast<std::uint16_t>(code), ""), gateway::after_close::hang_up);
    for (const int code : {1002, 1006, 1011, 1012})
        EXPECT_EQ(call.in->closed(static_cast<std::uint16_t>(code), ""), gateway::after_close::fail);
}
