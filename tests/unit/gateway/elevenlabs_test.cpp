// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/sample_call.hpp"

#include "support/bytes.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::operator+;
using test::json_of;
using test::lines;
using test::sample_call;

namespace {

std::string metadata(const std::string& output, const std::string& input) {
    return "{'type':'conversation_initiation_metadata','conversation_initiation_metadata_event':"
           "{'conversation_id':'c','agent_output_audio_format':'" +
           output + "','user_input_audio_format':'" + input + "'}}";
}

sample_call begun(const std::string& output = "pcm_16000", const std::string& input = "pcm_16000") {
    sample_call call("elevenlabs");
    call.open();
    call.receive(metadata(output, input));
    call.out.take_texts();
    return call;
}

std::string audio(const test::bytes& bytes, const std::string& id) {
    std::string text;
    gateway::append_base64(text, bytes);
    return "{'type':'audio','audio_event':{'audio_base_64':'" + text + "','event_id':" + id + "}}";
}

} // namespace

TEST(elevenlabs, opened_sends_the_session_and_is_ready_when_the_agent_said_its_formats) {
    sample_call call("elevenlabs", "{'dynamic_variables':{'name':'Ada'},'user_id':'u'}");
    call.open();
    EXPECT_EQ(call.out.take_texts(), std::vector{json_of("{'type':'conversation_initiation_client_data',"
                                                         "'dynamic_variables':{'name':'Ada'},'user_id':'u'}")});
    call.receive(metadata("pcm_24000", "ulaw_8000"));
    EXPECT_EQ(call.out.take(), lines{"ready"});
    EXPECT_EQ(call.in->caller_rate_hz(), 8000);
    call.receive(metadata("pcm_24000", "ulaw_8000"));
    EXPECT_EQ(call.out.reports.size(), 1U);
    call.receive(audio(test::numbered(10), "1"));
    EXPECT_EQ(call.out.rate_hz, 24'000);
}

TEST(elevenlabs, all_formats_of_the_agent_are_taken) {
    for (const char* name : {"pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "pcm_48000"}) {
        auto call = begun(name, name);
        const int rate_hz = std::stoi(std::string(name).substr(4));
        EXPECT_EQ(call.in->caller_rate_hz(), rate_hz);
        call.receive(audio(test::numbered(10), "1"));
        EXPECT_EQ(call.out.played, test::numbered_audio(10));
        EXPECT_EQ(call.out.rate_hz, rate_hz);
    }
    auto call = begun("ulaw_8000");
    call.receive(audio(test::raw({0x55}), "1"));
    EXPECT_EQ(call.out.played, std::vector{ulaw_to_linear(0x55)});
}

TEST(elevenlabs, an_unknown_format_fails_the_call) {
    for (const auto& [output, input] : {std::pair{"mp3_44100", "pcm_16000"}, std::pair{"pcm_16000", "opus"}}) {
        sample_call call("elevenlabs");
        call.open();
        call.out.take();
        call.receive(metadata(output, input));
        ASSERT_EQ(call.out.actions.size(), 1U);
        EXPECT_EQ(call.out.actions[0].substr(0, 16), "fail: the agent'");
    }
}

TEST(elevenlabs, a_session_of_wrong_types_is_refused) {
    for (const char* good : {"", "{}", "{'conversation_config_override':{},'branch_id':'b'}",
                             "{'type':'conversation_initiation_client_data'}"})
        EXPECT_EQ(test::refusal("elevenlabs", good), "") << good;
    const std::pair<const char*, const char*> bad[]{
        {"{'type':'x'}", "type is \"x\"; leave it out"},
        {"{'dynamic_variables':[]}", "dynamic_variables is not an object"},
        {"{'conversation_config_override':'x'}", "conversation_config_override is not an object"},
        {"{'custom_llm_extra_body':7}", "custom_llm_extra_body is not an object"},
        {"{'user_id':7}", "user_id is not a text"},
    };
    for (const auto& [text, why] : bad)
        EXPECT_NE(test::refusal("elevenlabs", text).find(why), std::string::npos) << test::refusal("elevenlabs", text);
}

TEST(elevenlabs, caller_audio_is_sent_as_base64) {
    auto call = begun();
    call.in->caller_audio(test::numbered_audio(320), test::start, call.out);
    call.in->caller_audio({}, test::start, call.out);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].as_object().size(), 1U);
    EXPECT_EQ(gateway::decode_base64(said[0].at("user_audio_chunk").as_string()), test::numbered(320));
}

TEST(elevenlabs, short_pieces_of_caller_audio_are_gathered) {
    auto call = begun();
    const auto samples = test::numbered_audio(700);
    for (std::size_t i = 0; i < samples.size(); i += 10)
        call.in->caller_audio(std::span(samples).subspan(i, 10), test::start, call.out);
    test::bytes sent;
    for (const auto& message : call.out.take_texts())
        sent = sent + *gateway::decode_base64(message.at("user_audio_chunk").as_string());
    EXPECT_EQ(sent, test::numbered(640));
}

TEST(elevenlabs, an_interruption_clears_and_drops_what_was_on_its_way) {
    auto call = begun();
    call.receive(audio(test::numbered(10), "1"));
    call.out.take();
    call.receive("{'type':'interruption','interruption_event':{'event_id':3}}");
    EXPECT_EQ(call.out.take(), lines{"clear"});
    for (const char* late : {"2", "3", "'3'"})
        call.receive(audio(test::numbered(10), late));
    EXPECT_EQ(call.out.take(), lines{});
    call.receive(audio(test::numbered(10), "4"));
    EXPECT_EQ(call.out.take(), lines{"play 10 at 16000"});
}

TEST(elevenlabs, a_ping_is_answered) {
    auto call = begun();
    call.receive("{'type':'ping','ping_event':{'event_id':7,'ping_ms':50}}");
    call.receive("{'type':'ping','ping_event':{'event_id':8,'ping_ms':null}}");
    EXPECT_EQ(call.out.take_texts(),
              (std::vector{json_of("{'type':'pong','event_id':7}"), json_of("{'type':'pong','event_id':8}")}));
}

TEST(elevenlabs, tools_are_asked_for_and_answered) {
    auto call = begun();
    call.receive("{'type':'client_tool_call','client_tool_call':{'tool_name':'weather','tool_call_id':'t1',"
                 "'parameters':{'city':'Bonn'},'event_id':3}}");
    EXPECT_EQ(call.out.take(), lines{"tool call | t1 | weather | {\"city\":\"Bonn\"}"});
    call.in->tool_result("t1", "rain", false, call.out);
    call.in->tool_result("t2", "no \"idea\"", true, call.out);
    EXPECT_EQ(
        call.out.take_texts(),
        (std::vector{json_of("{'type':'client_tool_result','tool_call_id':'t1','result':'rain','is_error':false}"),
                     json_of("{'type':'client_tool_result','tool_call_id':'t2','result':'no \\'idea\\'',"
                             "'is_error':true}")}));
}

TEST(elevenlabs, words_are_reported) {
    auto call = begun();
    call.receive("{'type':'user_transcript','user_transcription_event':{'user_transcript':'Hi'}}");
    call.receive("{'type':'agent_response','agent_response_event':{'agent_response':'Hello there'}}");
    call.receive("{'type':'agent_response_correction','agent_response_correction_event':"
                 "{'original_agent_response':'Hello there','corrected_agent_response':'Hello'}}");
    EXPECT_EQ(call.out.take(), (lines{"transcript | caller | Hi", "transcript | agent | Hello there",
                                      "transcript | agent | correction | Hello"}));
}

TEST(elevenlabs, the_agent_can_end_the_call) {
    auto call = begun();
    call.receive("{'type':'agent_tool_response','agent_tool_response':{'tool_name':'weather'}}");
    call.receive("{'type':'agent_tool_response','agent_tool_response':{'tool_name':'end_call','is_error':true}}");
    EXPECT_EQ(call.out.take(), lines{});
    call.receive("{'type':'agent_tool_response','agent_tool_response':{'tool_name':'end_call','is_error':false}}");
    EXPECT_EQ(call.out.take(), lines{"hang up when played"});
    EXPECT_EQ(call.in->closed(1000, ""), gateway::after_close::hang_up);
    EXPECT_EQ(call.in->closed(1011, ""), gateway::after_close::fail);
}

TEST(elevenlabs, an_error_fails_a_call_that_is_not_ready_and_warns_of_one_that_is) {
    sample_call early("elevenlabs");
    early.receive("{'type':'error','error_event':{'code':1008,'message':'no such agent'}}");
    EXPECT_EQ(early.out.take(), lines{"fail: the back end refuses the session: no such agent"});
    auto call = begun();
    call.receive("{'type':'error','error_event':{'code':1011,'error_type':'llm_error','reason':'busy'}}");
    call.receive("{'type':'error','error_event':{'error_type':'max_duration_exceeded'}}");
    EXPECT_EQ(call.out.take(), (lines{"warning | llm_error | busy", "hang up when played"}));
}

TEST(elevenlabs, keys_are_one_message) {
    auto call = begun();
    EXPECT_EQ(call.in->deadline(), time_point::max());
    call.in->caller_digit('7', test::start, call.out);
    EXPECT_EQ(call.in->deadline(), test::start + 2s);
    call.in->tick(test::start + 2s, call.out);
    EXPECT_EQ(
        call.out.take_texts(),
        std::vector{json_of("{'type':'user_message','text':'The caller pressed these keys of the telephone: 7'}")});
    EXPECT_EQ(call.in->deadline(), time_point::max());
}

TEST(elevenlabs, what_is_wrong_is_ignored_and_reported) {
    const std::pair<const char*, const char*> bad[]{
        {"{'type':'audio','audio_event':{}}", "no audio_event.audio_base_64"},
        {"{'type':'audio','audio_event':{'audio_base_64':'?','event_id':1}}", "not base64"},
        {"{'type':'ping'}", "no ping_event.event_id"},
        {"{'type':'client_tool_call','client_tool_call':{'tool_name':'x'}}", "no tool_call_id"},
        {"{'type':'dtmf_request'}", "unknown type"},
        {"{'user_audio_chunk':''}", "without a type"},
        {"[]", "not an object"},
        {"x", "not JSON"},
    };
    auto call = begun();
    for (const auto& [message, why] : bad) {
        call.receive(message);
        ASSERT_EQ(call.out.actions.size(), 1U) << message;
        EXPECT_NE(call.out.reports.back().text.find(why), std::string::npos) << call.out.reports.back().text;
        call.out.take();
    }
    call.receive("{'type':'vad_score','vad_score_event':{'vad_score':0.5}}");
    EXPECT_EQ(call.out.take(), lines{});
    call.in->binary(test::raw("x"), test::start, call.out);
    EXPECT_EQ(call.out.actions.size(), 1U);

    sample_call early("elevenlabs");
    early.receive(audio(test::numbered(10), "1"));
    EXPECT_NE(early.out.reports.at(0).text.find("before conversation_initiation_metadata"), std::string::npos);
}
