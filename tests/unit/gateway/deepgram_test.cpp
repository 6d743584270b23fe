// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/sample_call.hpp"

#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::json_of;
using test::lines;
using test::sample_call;

namespace {

const std::string session = "{'agent':{'greeting':'Hello'}}";

sample_call begun(const std::string& with = session) {
    sample_call call("deepgram", with);
    call.open();
    call.receive("{'type':'Welcome','request_id':'r'}");
    call.receive("{'type':'SettingsApplied'}");
    call.out.take_texts();
    return call;
}

} // namespace

TEST(deepgram, opened_sends_the_settings_and_is_ready_when_they_are_applied) {
    sample_call call("deepgram", session);
    EXPECT_EQ(call.in->caller_rate_hz(), 16'000);
    EXPECT_EQ(call.in->deadline(), time_point::max());
    call.open();
    EXPECT_EQ(call.out.take_texts(),
              std::vector{json_of("{'type':'Settings','agent':{'greeting':'Hello'},"
                                  "'audio':{'input':{'encoding':'linear16','sample_rate':16000},"
                                  "'output':{'encoding':'linear16','sample_rate':16000,'container':'none'}}}")});
    call.receive("{'type':'Welcome','request_id':'r'}");
    EXPECT_EQ(call.out.take(), lines{});
    call.receive("{'type':'SettingsApplied'}");
    EXPECT_EQ(call.out.take(), lines{"ready"});
    call.receive("{'type':'SettingsApplied'}"); // of an update
    EXPECT_EQ(call.out.take(), lines{});
}

TEST(deepgram, the_formats_are_those_of_the_session) {
    auto call = begun("{'agent':'id','audio':{'input':{'encoding':'mulaw'},"
                      "'output':{'encoding':'alaw','sample_rate':16000}}}");
    EXPECT_EQ(call.in->caller_rate_hz(), 8000);
    call.in->caller_audio(std::vector<std::int16_t>{ulaw_to_linear(0x12)}, test::start, call.out);
    EXPECT_EQ(call.out.binaries, std::vector<test::bytes>{test::raw({0x12})});
    call.in->binary(test::raw({0x55}), test::start, call.out);
    EXPECT_EQ(call.out.played, std::vector{alaw_to_linear(0x55)});
    EXPECT_EQ(call.out.rate_hz, 16'000);
}

TEST(deepgram, a_session_that_cannot_work_is_refused) {
    for (const char* good : {"{'agent':{}}", "{'agent':'id','type':'Settings'}",
                             "{'agent':{},'audio':{'output':{'container':'none'}},'tags':['a']}",
                             "{'agent':{},'audio':{'input':{'sample_rate':48000}}}"})
        EXPECT_EQ(test::refusal("deepgram", good), "") << good;
    const std::pair<const char*, const char*> bad[]{
        {"", "agent is missing"},
        {"{}", "agent is missing"},
        {"{'agent':7}", "agent is missing"},
        {"{'agent':{},'type':'Hello'}", "type is \"Hello\""},
        {"{'agent':{},'audio':7}", "audio is not an object"},
        {"{'agent':{},'audio':{'input':[]}}", "audio.input is not an object"},
        {"{'agent':{},'audio':{'input':{'encoding':'opus'}}}", "audio.input.encoding is \"opus\""},
        {"{'agent':{},'audio':{'input':{'encoding':7}}}", "audio.input.encoding is 7"},
        {"{'agent':{},'audio':{'output':{'sample_rate':7}}}", "audio.output.sample_rate is 7;"},
        {"{'agent':{},'audio':{'output':{'sample_rate':'16000'}}}", "audio.output.sample_rate"},
        {"{'agent':{},'audio':{'output':{'container':'wav'}}}", "audio.output.container is \"wav\"; write \"none\""},
    };
    for (const auto& [text, why] : bad)
        EXPECT_NE(test::refusal("deepgram", text).find(why), std::string::npos) << test::refusal("deepgram", text);
}

TEST(deepgram, audio_goes_both_ways) {
    auto call = begun();
    call.in->caller_audio(test::numbered_audio(320), test::start, call.out);
    call.in->caller_audio({}, test::start, call.out);
    EXPECT_EQ(call.out.binaries, std::vector<test::bytes>{test::numbered(320)});
    const auto stream = test::numbered(500);
    std::mt19937 random(3);
    test::cut(stream, test::split::random, random, [&](auto piece) { call.in->binary(piece, test::start, call.out); });
    EXPECT_EQ(call.out.played, test::numbered_audio(500));
    EXPECT_EQ(call.out.rate_hz, 16'000);
}

TEST(deepgram, the_caller_who_speaks_clears_the_queue) {
    auto call = begun();
    call.in->binary(test::raw({0x99}), test::start, call.out);
    call.receive("{'type':'UserStartedSpeaking'}");
    EXPECT_EQ(call.out.take(), lines{"clear"});
    call.in->binary(test::raw({0x34, 0x12}), test::start, call.out);
    EXPECT_EQ(call.out.played, std::vector<std::int16_t>{0x1234});
}

TEST(deepgram, the_connection_is_kept_alive_only_while_no_audio_is_sent) {
    auto call = begun();
    EXPECT_EQ(call.in->deadline(), test::start + 8s);
    call.in->caller_audio(test::numbered_audio(320), test::start + 5s, call.out);
    EXPECT_EQ(call.in->deadline(), test::start + 13s);
    call.out.take();
    call.in->tick(test::start + 12s, call.out);
    EXPECT_EQ(call.out.take(), lines{});
    call.in->tick(test::start + 13s, call.out);
    EXPECT_EQ(call.out.take(), lines{"text {\"type\":\"KeepAlive\"}"});
    EXPECT_EQ(call.in->deadline(), test::start + 21s);
}

TEST(deepgram, words_are_reported) {
    auto call = begun();
    call.receive("{'type':'ConversationText','role':'user','content':'Hi'}");
    call.receive("{'type':'ConversationText','role':'assistant','content':'Hello'}");
    call.receive("{'type':'ConversationText','role':'assistant','content':''}");
    EXPECT_EQ(call.out.take(), (lines{"transcript | caller | Hi", "transcript | agent | Hello"}));
}

TEST(deepgram, functions_are_asked_for_answered_and_cancelled) {
    auto call = begun();
    call.receive("{'type':'FunctionCallRequest','functions':["
                 "{'id':'f1','name':'weather','arguments':'{}','client_side':true},"
                 "{'id':'f2','name':'theirs','arguments':'{}','client_side':false},"
                 "{'id':'f3','name':'time','arguments':'now'}]}");
    EXPECT_EQ(call.out.take(), (lines{"tool call | f1 | weather | {}", "tool call | f3 | time | now"}));
    call.in->tool_result("f1", "\"rain\"", false, call.out);
    EXPECT_EQ(call.out.take_texts(), std::vector{json_of("{'type':'FunctionCallResponse','id':'f1','name':'weather',"
                                                         "'content':'\\'rain\\''}")});
    call.receive("{'type':'FunctionCallCancelled','functions':[{'id':'f3','name':'time'},{'id':'f1'},7]}");
    EXPECT_EQ(call.out.take(), lines{"tool cancelled | f3"});
    for (const char* gone : {"f1", "f2", "f3", "other"})
        call.in->tool_result(gone, "late", false, call.out);
    EXPECT_TRUE(call.out.texts.empty());
    EXPECT_EQ(call.out.actions.size(), 4U);
}

TEST(deepgram, pending_functions_are_bounded) {
    auto call = begun();
    for (int i = 0; i < 1000; ++i)
        call.receive("{'type':'FunctionCallRequest','functions':[{'id':'f" + std::to_string(i) + "','name':'n'}]}");
    for (int i = 0; i < 1000; ++i)
        call.in->tool_result("f" + std::to_string(i), "", false, call.out);
    EXPECT_EQ(call.out.texts.size(), 64U);
}

TEST(deepgram, an_error_fails_the_call_and_a_warning_is_reported) {
    auto call = begun();
    call.receive("{'type':'Warning','code':'SLOW','description':'be patient'}");
    call.receive("{'type':'InjectionRefused','message':'they talk'}");
    call.receive("{'type':'Error','code':'BAD_KEY','description':'no such key'}");
    call.receive("{'type':'Error'}");
    EXPECT_EQ(call.out.take(), (lines{"warning | SLOW | be patient", "warning | InjectionRefused | they talk",
                                      "fail: the back end reports an error: no such key (BAD_KEY)",
                                      "fail: the back end reports an error: no description"}));
}

TEST(deepgram, keys_are_one_message_after_a_pause_or_a_hash) {
    auto call = begun();
    call.in->caller_digit('1', test::start + 1s, call.out);
    call.in->caller_digit('2', test::start + 2s, call.out);
    EXPECT_EQ(call.in->deadline(), test::start + 4s);
    call.in->tick(test::start + 3s, call.out);
    EXPECT_TRUE(call.out.texts.empty());
    call.in->tick(test::start + 4s, call.out);
    EXPECT_EQ(call.out.take_texts(),
              std::vector{json_of("{'type':'InjectUserMessage',"
                                  "'content':'The caller pressed these keys of the telephone: 12'}")});
    EXPECT_EQ(call.in->deadline(), test::start + 8s);
    call.in->caller_digit('3', test::start + 5s, call.out);
    call.in->caller_digit('#', test::start + 5s, call.out);
    EXPECT_EQ(call.out.take_texts().at(0).at("content").as_string(),
              "The caller pressed these keys of the telephone: 3#");
}

TEST(deepgram, what_is_wrong_is_ignored_and_reported) {
    const std::pair<const char*, const char*> bad[]{
        {"{'type':'ConversationText','role':'choir','content':'La'}", "role is \"choir\""},
        {"{'type':'FunctionCallRequest'}", "no functions"},
        {"{'type':'FunctionCallRequest','functions':[{'id':'x'}]}", "without an id and a name"},
        {"{'type':'FunctionCallRequest','functions':[7]}", "without an id and a name"},
        {"{'type':'Sing'}", "unknown type"},
        {"{}", "without a type"},
        {"7", "not an object"},
        {"{'type'", "not JSON"},
    };
    auto call = begun();
    for (const auto& [message, why] : bad) {
        call.receive(message);
        ASSERT_EQ(call.out.actions.size(), 1U) << message;
        EXPECT_NE(call.out.reports.back().text.find(why), std::string::npos) << call.out.reports.back().text;
        call.out.take();
    }
    for (const char* quiet : {"AgentThinking", "AgentStartedSpeaking", "AgentAudioDone", "History", "PromptUpdated"})
        call.receive("{'type':'" + std::string(quiet) + "'}");
    EXPECT_EQ(call.out.take(), lines{});
}
