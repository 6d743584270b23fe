// SPDX-License-Identifier: Apache-2.0
#include "unit/app/backend/recorded_side.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class elevenlabs_side : public backend_side {
  protected:
    void pong(int id) { tell("{'type':'pong','event_id':" + std::to_string(id) + "}"); }
};

} // namespace

TEST_F(elevenlabs_side, agent_says_its_formats_and_audio_goes_both_ways) {
    auto& agent = begin("elevenlabs");
    expect_sent({"{'type':'conversation_initiation_metadata','conversation_initiation_metadata_event':"
                 "{'conversation_id':'conv_1','agent_output_audio_format':'pcm_16000',"
                 "'user_input_audio_format':'pcm_16000'}}"});
    EXPECT_EQ(owner.events, std::vector<std::string>{"started conv_1  slin 16000 Hz"});
    tell("{'user_audio_chunk':'AQACAA=='}");
    EXPECT_EQ(owner.audio, (std::vector<std::int16_t>{1, 2}));
    agent.play(three);
    agent.play(three);
    expect_sent({"{'type':'audio','audio_event':{'audio_base_64':'AADoAxj8','event_id':1}}",
                 "{'type':'audio','audio_event':{'audio_base_64':'AADoAxj8','event_id':2}}"});
    EXPECT_TRUE(owner.violations.empty());
}

TEST_F(elevenlabs_side, interruption_is_of_all_audio_before_it) {
    auto& agent = begin("elevenlabs");
    owner.texts.clear();
    agent.clear();
    EXPECT_TRUE(owner.texts.empty());
    agent.play(three);
    owner.texts.clear();
    agent.clear();
    agent.clear();
    expect_sent({"{'type':'interruption','interruption_event':{'event_id':1,'reason':'user'}}"});
    agent.play(three);
    EXPECT_EQ(owner.last("/audio_event/event_id"), "2");
}

TEST_F(elevenlabs_side, what_is_wrong_ends_the_connection) {
    const auto refused = [&](bool begun, const std::string& message, const std::string& why) {
        expect_refused("elevenlabs", begun, message, "1008", why);
    };
    const std::string data = "{'type':'conversation_initiation_client_data'";
    refused(false, "x", "not a JSON object");
    refused(false, "{'user_audio_chunk':'AQA='}", "before conversation_initiation_client_data");
    refused(false, "{'type':'pong','event_id':1}", "before conversation_initiation_client_data");
    refused(false, data + ",'greeting':'x'}", "\"greeting\"");
    refused(false, data + ",'dynamic_variables':1}", "dynamic_variables is not an object");
    refused(true, data + "}", "a second time");
    refused(true, "{'type':'other'}", "\"other\"");
    refused(true, "{'user_audio_chunk':'AQ=='}", "whole samples");
    refused(true, "{'user_audio_chunk':'AQA=','type':'x'}", "other fields");
    refused(true, "{'type':'pong','event_id':1}", "no ping");
    refused(true, "{'type':'client_tool_result','tool_call_id':'a','result':'x','is_error':false}", "not pending");
    refused(true, "{'type':'client_tool_result','tool_call_id':'a','result':'x'}", "is_error");
}

TEST_F(elevenlabs_side, pings_say_how_long_the_pong_before_took) {
    auto& agent = begin("elevenlabs");
    agent.ping();
    EXPECT_EQ(owner.last("/ping_event"), R"({"event_id":1,"ping_ms":null})");
    pong(1);
    agent.ping();
    EXPECT_GE(std::stoi(owner.last("/ping_event/ping_ms")), 0);
    pong(2);
    EXPECT_TRUE(owner.violations.empty());
    pong(2); // a second time
    EXPECT_EQ(owner.violations.size(), 1U);
}

TEST_F(elevenlabs_side, peer_that_answers_no_pings_is_named_once_and_not_asked_again) {
    auto& agent = begin("elevenlabs");
    owner.texts.clear();
    for (int i = 0; i < 40; ++i)
        agent.ping();
    EXPECT_EQ(owner.texts.size(), 30U);
    EXPECT_EQ(owner.violations, std::vector<std::string>{"30 pings without a pong"});
}

TEST_F(elevenlabs_side, function_and_its_result) {
    auto& agent = begin("elevenlabs");
    owner.texts.clear();
    owner.pending = "call_1";
    agent.call_tool({"call_1", "price", {{"item", "bread"}}});
    expect_sent({"{'type':'client_tool_call','client_tool_call':{'tool_name':'price','tool_call_id':'call_1',"
                 "'parameters':{'item':'bread'},'event_id':1}}"});
    tell("{'type':'client_tool_result','tool_call_id':'call_1','result':{'price':3},'is_error':true}");
    EXPECT_EQ(owner.events.back(), R"(result  failed: {"price":3})");
}

TEST_F(elevenlabs_side, longest_time_is_an_error_and_an_orderly_close) {
    begin("elevenlabs").expire();
    EXPECT_EQ(owner.last("/error_event/error_type"), "max_duration_exceeded");
    ASSERT_EQ(owner.closes.size(), 1U);
    EXPECT_TRUE(owner.closes.front().starts_with("1000 "));
}
