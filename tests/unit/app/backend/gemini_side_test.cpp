// SPDX-License-Identifier: Apache-2.0
#include "unit/app/backend/recorded_side.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

class gemini_side : public backend_side {};

const std::string handle_1 = "{'sessionResumptionUpdate':{'newHandle':'audiosocket-backend-1','resumable':true}}";
const std::string turn_complete = "{'serverContent':{'turnComplete':true},'usageMetadata':{'totalTokenCount':1}}";

} // namespace

TEST_F(gemini_side, set_up_is_complete_and_a_handle_follows_where_it_is_wanted) {
    auto& service = begin("gemini");
    expect_sent({"{'setupComplete':{}}", handle_1});
    EXPECT_EQ(owner.events, std::vector<std::string>{"started session-1  slin 16000 Hz in, slin 24000 Hz out"});
    EXPECT_EQ(service.caller_rate_hz(), 16'000);
    EXPECT_EQ(service.rate_hz(), 24'000);
    speak("gemini");
    tell("{'setup':{'model':'models/m','generation_config':{'response_modalities':['AUDIO']}}}");
    expect_sent({"{'setupComplete':{}}"});
    EXPECT_TRUE(owner.violations.empty());
}

TEST_F(gemini_side, set_up_in_a_binary_message_and_audio_under_both_its_names) {
    auto& service = speak("gemini");
    const auto message = quoted(opening_of("gemini").front());
    service.binary(std::as_bytes(std::span(message)));
    tell("{'realtimeInput':{'audio':{'mimeType':'audio/pcm;rate=16000','data':'AQACAA=='}}}");
    tell("{'realtime_input':{'media_chunks':[{'mime_type':'audio/pcm','data':'AwAEAA'}]}}");
    EXPECT_EQ(owner.audio, (std::vector<std::int16_t>{1, 2, 3, 4}));
    EXPECT_TRUE(owner.violations.empty());
}

TEST_F(gemini_side, what_the_service_refuses_ends_the_connection) {
    const std::string generation = "'generationConfig':{'responseModalities':['AUDIO']}";
    expect_refused("gemini", false, "x", "1007", "not a JSON object");
    expect_refused("gemini", false, "{}", "1007", "0 fields");
    expect_refused("gemini", false, "{'setup':1}", "1007", "not an object");
    expect_refused("gemini", false, "{'realtimeInput':{'text':'a'}}", "1007", "before \"setup\"");
    expect_refused("gemini", false, "{'setup':{'model':'m'," + generation + "}}", "1008", "models/");
    expect_refused("gemini", false, "{'setup':{'model':'models/m'}}", "1007", "responseModalities");
    expect_refused("gemini", false, "{'setup':{'model':'models/m','greeting':'x'," + generation + "}}", "1007",
                   "Unknown name \"greeting\" at 'setup'");
    for (const auto* handle : {"unknown", "audiosocket-backend-", "audiosocket-backend-1x", "audiosocket-backend--1"})
        expect_refused("gemini", false,
                       "{'setup':{'model':'models/m','sessionResumption':{'handle':'" + std::string(handle) + "'}," +
                           generation + "}}",
                       "1008", "session not found");
    expect_refused("gemini", true, opening_of("gemini").front(), "1007", "a second time");
    expect_refused("gemini", true, "{'other':{}}", "1007", "Unknown name \"other\"");
    expect_refused("gemini", true, "{'realtimeInput':{'other':1}}", "1007", "Unknown name \"other\"");
    expect_refused("gemini", true, "{'realtimeInput':{'audio':{'mimeType':'audio/pcm;rate=8000','data':'AQA='}}}",
                   "1007", "audio/pcm;rate=8000");
    expect_refused("gemini", true, "{'realtimeInput':{'audio':{'mimeType':'audio/pcm','data':'AQ=='}}}", "1007",
                   "whole samples");
    expect_refused("gemini", true, "{'toolResponse':{}}", "1007", "without functionResponses");
    expect_refused("gemini", true, "{'toolResponse':{'functionResponses':[{'id':'a','name':'n','response':1}]}}",
                   "1007", "not an object");
    expect_refused("gemini", true, "{'toolResponse':{'functionResponses':[{'id':'a','name':'n','response':{}}]}}",
                   "1007", "not pending");
}

TEST_F(gemini_side, turn_is_complete_behind_its_audio) {
    auto& service = begin("gemini");
    owner.texts.clear();
    service.play(three);
    service.mark("end-1");
    expect_sent({"{'sessionResumptionUpdate':{}}",
                 "{'serverContent':{'modelTurn':{'role':'model','parts':[{'inlineData':{'mimeType':"
                 "'audio/pcm;rate=24000','data':'AADoAxj8'}}]}}}",
                 "{'serverContent':{'generationComplete':true}}", turn_complete, handle_1});
}

TEST_F(gemini_side, what_may_still_be_heard_is_interrupted_once) {
    auto& service = begin("gemini");
    owner.texts.clear();
    service.clear();
    EXPECT_TRUE(owner.texts.empty());
    service.play(three);
    service.mark("end-1");
    owner.texts.clear();
    service.clear();
    service.clear();
    expect_sent({"{'serverContent':{'interrupted':true}}", turn_complete, handle_1});
}

TEST_F(gemini_side, function_and_its_result) {
    auto& service = begin("gemini");
    owner.texts.clear();
    owner.pending = "call_1";
    service.call_tool({"call_1", "price", {{"item", "bread"}}});
    expect_sent({"{'toolCall':{'functionCalls':[{'id':'call_1','name':'price','args':{'item':'bread'}}]}}"});
    tell("{'toolResponse':{'functionResponses':[{'id':'call_1','name':'price','response':{'error':'sold out'}}]}}");
    EXPECT_EQ(owner.events.back(), R"(result price failed: {"error":"sold out"})");
}

TEST_F(gemini_side, end_is_announced_and_the_session_goes_on_with_the_handle) {
    auto& service = begin("gemini");
    owner.texts.clear();
    service.announce_end(2500ms);
    expect_sent({"{'goAway':{'timeLeft':'2.500s'}}"});
    service.expire();
    ASSERT_EQ(owner.closes.size(), 1U);
    EXPECT_TRUE(owner.closes.front().starts_with("1008 "));

    speak("gemini");
    tell("{'setup':{'model':'models/m','generationConfig':{'responseModalities':['AUDIO']},"
         "'sessionResumption':{'handle':'audiosocket-backend-1'}}}");
    EXPECT_EQ(owner.last("/sessionResumptionUpdate/newHandle"), "audiosocket-backend-2");
    EXPECT_TRUE(owner.events.back().ends_with(" resumed")) << owner.events.back();
    EXPECT_TRUE(owner.violations.empty());
}
