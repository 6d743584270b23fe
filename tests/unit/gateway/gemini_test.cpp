// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/gemini_call.hpp"
#include "unit/gateway/malformed_messages.hpp"

#include "gateway/gemini_settings.hpp"
#include <audiosocket/gateway/base64.hpp>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace audiosocket::test::gemini_service;
using namespace std::chrono_literals;

namespace {

class gemini : public gemini_test {};

const std::vector<std::string> script{
    setup_complete,
    audio(),
    handle("h1"),
    quoted("{'serverContent':{'inputTranscription':{'text':'a'},'outputTranscription':{'text':'b'}}}"),
    call("call_1"),
    quoted("{'toolCallCancellation':{'ids':['call_1']}}"),
    interrupted,
    turn_complete,
    quoted("{'usageMetadata':{'totalTokenCount':3}}"),
    audio("audio/pcm;rate=16000"),
    go_away("10s"),
    handle("h2"),
};

} // namespace

// --- The session ---

TEST_F(gemini, the_set_up_goes_first_and_the_session_is_ready_when_it_is_complete) {
    EXPECT_EQ(in->caller_rate_hz(), 16'000);
    in->opened(now, out);
    expect_sent({set_up()});
    tell(setup_complete);
    EXPECT_EQ(out.take(), std::vector<std::string>{"ready"});
    tell(setup_complete);
    EXPECT_TRUE(out.take().empty());
}

TEST_F(gemini, a_set_up_is_sent_as_it_is_in_either_style_and_with_its_wrapper) {
    in = made("gemini",
              "{'setup':{'model':'models/m','generation_config':{'response_modalities':['AUDIO'],'temperature':1},"
              "'session_resumption':{'transparent':true},'context_window_compression':{'trigger_tokens':9}}}");
    in->opened(now, out);
    expect_sent({"{'setup':{'model':'models/m','generation_config':{'response_modalities':['AUDIO'],'temperature':1},"
                 "'session_resumption':{'transparent':true},'context_window_compression':{'trigger_tokens':9}}}"});
    tell(setup_complete);
    tell(handle("h"));
    in->opened(now, out);
    EXPECT_EQ(out.take_texts().back().at("setup").at("session_resumption"),
              json_of("{'transparent':true,'handle':'h'}"));
}

TEST(gemini_set_up, mistakes_are_named_with_their_place_and_what_to_write) {
    EXPECT_EQ(refusal("gemini", plain_session), "");
    EXPECT_EQ(refusal("gemini", "{'model':'projects/p/locations/l/publishers/google/models/m'}"), "");
    EXPECT_EQ(refusal("gemini", "{'model':'{model}'}"), "") << "a variable that is not replaced yet";
    EXPECT_EQ(refusal("gemini", ""),
              "session set-up: it is missing; this dialect needs at least {\"model\": \"models/NAME\"}");
    EXPECT_EQ(refusal("gemini", "{}"), "session set-up: model is missing; write \"models/\" and its name");
    EXPECT_EQ(refusal("gemini", "{'model':'m'}"), "session set-up: model is \"m\"; write \"models/m\"");
    EXPECT_EQ(
        refusal("gemini", "{'model':'models/m','generationConfig':{'responseModalities':['TEXT']}}"),
        "session set-up: generationConfig.responseModalities has no \"AUDIO\"; a call needs [\"AUDIO\"], or leave "
        "it out");
    EXPECT_EQ(refusal("gemini", "{'model':'models/m','sessionResumption':true}"),
              "session set-up: sessionResumption is not an object; write it with { }");
    EXPECT_EQ(refusal("gemini", "{'setup':{'model':'models/m'},'model':'models/m'}"),
              "session set-up: there are fields beside \"setup\"; put them into it");
}

TEST_F(gemini, an_agent_with_a_greeting_is_asked_to_speak_once_a_call) {
    in = made("gemini", "{'model':'models/m','greeting':'Say hello.'}");
    in->opened(now, out);
    expect_sent({set_up()});
    tell(setup_complete);
    expect_sent({"{'realtimeInput':{'text':'Say hello.'}}"});
    open();
    expect_sent({});
}

TEST_F(gemini, an_error_before_the_session_is_ready_fails) {
    in->opened(now, out);
    out.take();
    tell(quoted("{'error':{'code':403,'message':'no','status':'PERMISSION_DENIED'}}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"fail: the service refuses the session: PERMISSION_DENIED: no"});
}

// --- Audio ---

TEST_F(gemini, audio_of_the_caller_goes_out_in_pieces_of_20_to_100_ms) {
    open();
    const std::vector<std::int16_t> samples(320, 1);
    in->caller_audio(std::span(samples).first(160), now, out);
    expect_sent({});
    in->caller_audio(std::span(samples).first(160), now, out);
    std::string text;
    append_base64(text, std::as_bytes(std::span(samples)));
    expect_sent({"{'realtimeInput':{'audio':{'mimeType':'audio/pcm;rate=16000','data':'" + text + "'}}}"});
}

TEST_F(gemini, a_whole_call) {
    open();
    tell(audio());
    const auto at_16_khz = audio("audio/pcm;rate=16000");
    in->binary(std::as_bytes(std::span(at_16_khz)), now, out);
    tell(audio("audio/pcm"));
    tell(quoted("{'serverContent':{'outputTranscription':{'text':'hello'}}}"));
    tell(quoted("{'serverContent':{'generationComplete':true}}"));
    tell(quoted("{'serverContent':{'turnComplete':true},'usageMetadata':{'totalTokenCount':3}}"));
    tell(turn_complete);
    tell(quoted("{'serverContent':{'inputTranscription':{'text':'bye'}}}"));
    EXPECT_EQ(out.take(),
              (std::vector<std::string>{"play 2 at 24000", "play 2 at 16000", "play 2 at 24000",
                                        "transcript | agent | hello", "mark", "transcript | caller | bye"}));
    in->call_ended(out);
    EXPECT_TRUE(out.take().empty());
    EXPECT_EQ(in->closed(1000, ""), after_close::hang_up);
}

TEST_F(gemini, an_interruption_clears_what_is_queued) {
    open();
    tell(audio());
    out.take();
    tell(interrupted);
    EXPECT_EQ(out.take(), std::vector<std::string>{"clear"});
    out.clear_marks(*in, 20ms, 20ms);
    tell(turn_complete);
    EXPECT_TRUE(out.take().empty()) << "no mark for a turn of which nothing is left";
    tell(audio());
    EXPECT_EQ(out.take(), std::vector<std::string>{"play 2 at 24000"});
}

TEST(gemini_rate, is_read_from_the_type_of_the_audio) {
    EXPECT_EQ(pcm_rate_of("audio/pcm", 24'000), 24'000);
    EXPECT_EQ(pcm_rate_of("audio/pcm;rate=16000", 24'000), 16'000);
    EXPECT_EQ(pcm_rate_of("audio/pcm; channels=1; rate=48000", 24'000), 48'000);
    for (const auto* bad : {"", "audio/opus", "audio/pcmu", "audio/pcm;rate=", "audio/pcm;rate=1",
                            "audio/pcm;rate=-8000", "audio/pcm;rate=99999999999999"})
        EXPECT_EQ(pcm_rate_of(bad, 24'000), 0) << bad;
}

// --- Functions and keys ---

TEST_F(gemini, a_function_is_asked_for_and_its_result_goes_back_as_an_object) {
    open();
    tell(quoted("{'toolCall':{'functionCalls':[{'id':'c1','name':'find','args':{'x':1}},{'id':'c2','name':'go'},"
                "{'id':'c3','name':'go'},{'name':'end'}]}}"));
    EXPECT_EQ(out.take(),
              (std::vector<std::string>{quoted("tool call | c1 | find | {'x':1}"), "tool call | c2 | go | {}",
                                        "tool call | c3 | go | {}", "tool call | end | end | {}"}));
    in->tool_result("c1", quoted("{'y':2}"), false, out);
    in->tool_result("c2", "done", false, out);
    in->tool_result("c3", "no network", true, out);
    in->tool_result("end", "[1]", false, out);
    const auto response = [](const std::string& inner) {
        return "{'toolResponse':{'functionResponses':[{" + inner + "}]}}";
    };
    expect_sent({response("'id':'c1','name':'find','response':{'y':2}"),
                 response("'id':'c2','name':'go','response':{'output':'done'}"),
                 response("'id':'c3','name':'go','response':{'error':'no network'}"),
                 response("'name':'end','response':{'output':'[1]'}")});
    in->tool_result("c1", "again", false, out);
    EXPECT_EQ(out.take(), std::vector<std::string>{"ignored | toolResponse | no function call waits for the id c1"});
}

TEST_F(gemini, functions_are_cancelled_and_bounded) {
    open();
    tell(call("c1"));
    out.take();
    tell(quoted("{'toolCallCancellation':{'ids':['c1','c9',5]}}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"tool cancelled | c1"});
    out.reports.clear();
    for (int i = 0; i < 100; ++i)
        tell(call("c" + std::to_string(i)));
    EXPECT_EQ(std::ranges::count(out.reports, dialect_report::type::tool_call, &dialect_report::what), 64);
}

TEST_F(gemini, keys_are_words_of_the_caller) {
    open();
    in->caller_digit('7', now, out);
    in->tick(in->deadline(), out);
    const auto messages = out.take_texts();
    ASSERT_EQ(messages.size(), 1);
    EXPECT_NE(messages.front().at("realtimeInput").at("text").as_string().find("7"), std::string::npos);
    in->caller_digit('#', now, out);
    EXPECT_EQ(out.texts.size(), 1);
}

// --- Unexpected messages ---

TEST_F(gemini, what_is_unknown_or_malformed_is_ignored_and_reported) {
    open();
    for (const auto& message : {std::string("x"), std::string("[]"), std::string("{}"), quoted("{'brandNew':{}}"),
                                quoted("{'serverContent':7}"), audio("audio/opus"), audio("audio/pcm", "?"),
                                quoted("{'toolCall':{'functionCalls':[{'id':'c'}]}}"), call(std::string(257, 'i')),
                                call("c", std::string(257, 'n')),
                                quoted("{'sessionResumptionUpdate':{'resumable':true,'newHandle':'") +
                                    std::string(20'000, 'h') + quoted("'}}")}) {
        out.reports.clear();
        out.take();
        tell(message);
        ASSERT_EQ(out.take().size(), 1) << message;
        ASSERT_EQ(out.reports.size(), 1) << message;
        EXPECT_EQ(out.reports.front().what, dialect_report::type::ignored);
    }
    const std::byte bytes[]{std::byte{0xff}, std::byte{0}};
    in->binary(bytes, now, out);
    EXPECT_EQ(out.reports.size(), 2);
    tell(quoted("{'usageMetadata':{}}"));
    tell(quoted("{'serverContent':{'modelTurn':{'parts':[{'text':'I think','thought':true}]}}}"));
    EXPECT_EQ(out.reports.size(), 2) << "these are known, and say nothing about the call";
}

TEST(gemini_malformed, messages_cut_at_each_byte_are_ignored) {
    expect_truncated_messages_are_ignored([] { return made("gemini", plain_session); }, script);
}

TEST(gemini_malformed, random_messages_do_no_harm) {
    for (unsigned seed = 1; seed <= 3; ++seed)
        expect_random_messages_do_no_harm([] { return made("gemini", plain_session); }, script, seed);
}
