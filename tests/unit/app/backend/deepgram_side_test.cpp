// SPDX-License-Identifier: Apache-2.0
#include "unit/app/backend/recorded_side.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class deepgram_side : public backend_side {};

const std::string agent = "'agent':{'listen':{},'think':{},'speak':{}}";

} // namespace

TEST_F(deepgram_side, settings_are_applied_and_audio_goes_both_ways) {
    auto& service = speak("deepgram");
    EXPECT_EQ(owner.last("/type"), "Welcome");
    tell(opening_of("deepgram").front());
    EXPECT_EQ(owner.last("/type"), "SettingsApplied");
    EXPECT_EQ(owner.events, std::vector<std::string>{"started request-1  slin 16000 Hz in, mu-law 8000 Hz out"});
    service.binary(std::vector<std::byte>(4));
    EXPECT_EQ(owner.audio.size(), 2U);
    service.play(three);
    EXPECT_EQ(owner.last("/type"), "AgentStartedSpeaking");
    service.play(three);
    ASSERT_EQ(owner.binaries.size(), 2U);
    EXPECT_EQ(owner.binaries.front().size(), 3U);
    owner.texts.clear();
    service.mark("end-1");
    service.mark("end-2");
    expect_sent({"{'type':'AgentAudioDone'}"});
    service.caller_speaks(true);
    service.clear();
    service.caller_speaks(false);
    expect_sent({"{'type':'UserStartedSpeaking'}"});
    EXPECT_TRUE(owner.violations.empty());
}

TEST_F(deepgram_side, formats_have_the_defaults_of_the_service) {
    speak("deepgram");
    tell("{'type':'Settings','audio':{},'agent':'agent-of-the-console'}");
    EXPECT_EQ(owner.events, std::vector<std::string>{"started request-1  slin 24000 Hz"});
}

TEST_F(deepgram_side, errors_have_a_code_and_end_the_connection) {
    const auto refused = [&](bool begun, const std::string& message, const std::string& code, const std::string& why) {
        expect_refused("deepgram", begun, message, "1008", why);
        EXPECT_EQ(owner.last("/type"), "Error") << message;
        EXPECT_EQ(owner.last("/code"), code) << message;
        EXPECT_NE(owner.last("/description").find(why), std::string::npos) << message;
    };
    refused(false, "x", "UNPARSABLE_CLIENT_MESSAGE", "not a JSON object");
    refused(false, "{'type':'InjectUserMessage','content':'x'}", "SETTINGS_NOT_APPLIED", "before Settings");
    refused(false, "{'type':'Settings'}", "INVALID_SETTINGS", "agent is missing");
    refused(false, "{'type':'Settings','agent':{'listen':{},'think':{}}}", "INVALID_SETTINGS", "agent.speak");
    refused(false, "{'type':'Settings','audio':{'input':{'encoding':'opus'}}," + agent + "}", "INVALID_SETTINGS",
            "audio.input.encoding is \"opus\"");
    refused(false, "{'type':'Settings','audio':{'output':{'sample_rate':'fast'}}," + agent + "}", "INVALID_SETTINGS",
            "audio.output.sample_rate");
    refused(false, "{'type':'Settings','audio':{'output':{'container':'wav'}}," + agent + "}", "INVALID_SETTINGS",
            "container");
    refused(true, opening_of("deepgram").front(), "SETTINGS_ALREADY_APPLIED", "a second time");
    refused(true, "{'type':'Other'}", "UNPARSABLE_CLIENT_MESSAGE", "\"Other\"");
    refused(true, "{'type':'FunctionCallResponse','id':'a','name':'n','content':'c'}", "FUNCTION_CALL_NOT_FOUND",
            "not pending");
    owner = {};
    speak("deepgram").binary(std::vector<std::byte>(4));
    EXPECT_EQ(owner.last("/code"), "SETTINGS_NOT_APPLIED");
}

TEST_F(deepgram_side, function_and_its_result) {
    auto& service = begin("deepgram");
    owner.texts.clear();
    owner.pending = "call_1";
    service.call_tool({"call_1", "price", {{"item", "bread"}}});
    expect_sent({"{'type':'FunctionCallRequest','functions':[{'id':'call_1','name':'price',"
                 "'arguments':'{\\'item\\':\\'bread\\'}','client_side':true}]}"});
    tell("{'type':'FunctionCallResponse','id':'call_1','name':'price','content':'three'}");
    EXPECT_EQ(owner.events.back(), "result price: three");
}

TEST_F(deepgram_side, other_messages_are_answered_as_the_service_does) {
    begin("deepgram");
    owner.texts.clear();
    tell("{'type':'KeepAlive'}");
    tell("{'type':'InjectUserMessage','content':'Hi'}");
    tell("{'type':'InjectAgentMessage','message':'Hi'}");
    tell("{'type':'UpdatePrompt','prompt':'Be brief.'}");
    expect_sent({"{'type':'ConversationText','role':'user','content':'Hi'}", "{'type':'PromptUpdated'}"});
    EXPECT_TRUE(owner.violations.empty());
}
