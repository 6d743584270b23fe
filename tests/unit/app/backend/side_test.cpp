// SPDX-License-Identifier: Apache-2.0
// The far ends of twilio, pcm and openai: how they handle a gateway's messages, and what they send.
#include "unit/app/backend/recorded_side.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

TEST_F(backend_side, twilio_call_from_start_to_stop) {
    auto& bot = begin("twilio");
    bot.text(R"({"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"track":"inbound","chunk":"1",)"
             R"("timestamp":"20","payload":"//8="}})");
    bot.text(R"({"event":"dtmf","sequenceNumber":"3","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}})");
    bot.text(R"({"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"end-1"}})");
    bot.text(R"({"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}})");
    EXPECT_EQ(owner.events, (std::vector<std::string>{"started CA1 MZ1 mu-law 8000 Hz", "pressed 5",
                                                      "mark end-1 reached", "stopped"}));
    EXPECT_EQ(json::serialize(owner.parameters), R"({"a":"b"})");
    EXPECT_EQ(owner.audio, (std::vector<std::int16_t>{0, 0}));
    EXPECT_EQ(owner.violations, std::vector<std::string>{});
    EXPECT_EQ(bot.rate_hz(), 8000);
}

TEST_F(backend_side, twilio_messages_name_the_stream) {
    auto& bot = begin("twilio");
    bot.play(three);
    EXPECT_EQ(owner.last("/event"), "media");
    EXPECT_EQ(owner.last("/streamSid"), "MZ1");
    EXPECT_EQ(owner.last("/media/payload"), "/85O");
    bot.mark("end-1");
    EXPECT_EQ(owner.last("/event"), "mark");
    EXPECT_EQ(owner.last("/mark/name"), "end-1");
    bot.clear();
    EXPECT_EQ(owner.texts.back(), R"({"event":"clear","streamSid":"MZ1"})");
    EXPECT_FALSE(bot.hang_up());
}

TEST_F(backend_side, twilio_violations_are_said) {
    auto& bot = speak("twilio");
    bot.text("[1]");
    bot.text(R"({"event":"media","sequenceNumber":"1","streamSid":"MZ1","media":{"payload":"AA=="}})");
    EXPECT_EQ(owner.violations.size(), 3U); // not an object; before connected; before start
    owner.violations.clear();
    begin("twilio");
    side_->text(R"({"event":"media","sequenceNumber":"3","streamSid":"MZ1","media":{"payload":"AA=="}})");
    side_->text(R"({"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":{"payload":"AA=="}})");
    ASSERT_EQ(owner.violations.size(), 1U);
    EXPECT_NE(owner.violations.front().find("\"3\" where \"2\""), std::string::npos) << owner.violations.front();
    for (const auto* bad :
         {R"({"event":"media","sequenceNumber":"5","streamSid":"MZ2","media":{"payload":"AA=="}})",
          R"({"event":"media","sequenceNumber":"6","streamSid":"MZ1","media":{"payload":"A*=="}})",
          R"({"event":"media","sequenceNumber":"7","streamSid":"MZ1"})",
          R"({"event":"other","sequenceNumber":"8","streamSid":"MZ1"})", R"({"event":"connected"})"}) {
        owner.violations.clear();
        side_->text(bad);
        EXPECT_EQ(owner.violations.size(), 1U) << bad;
    }
    side_->binary({});
    EXPECT_EQ(owner.violations.back(), "a binary message");
}

TEST_F(backend_side, pcm_call_both_ways) {
    auto& server = speak("pcm");
    server.binary({});
    EXPECT_EQ(owner.violations.size(), 1U);
    owner.violations.clear();
    tell(opening_of("pcm").front());
    EXPECT_EQ(server.rate_hz(), 16'000);
    server.play(three);
    ASSERT_EQ(owner.binaries.size(), 1U);
    server.binary(owner.binaries.front());
    EXPECT_EQ(owner.audio, three);
    server.text(R"({"event":"dtmf","dtmf":"#","duration":"100"})");
    server.text(R"({"type":"mark","data":{"name":"a","event":"playout"}})");
    server.text(R"({"type":"mark","data":{"name":"b","event":"cleared"}})");
    EXPECT_EQ(owner.events.size(), 4U);
    EXPECT_EQ(owner.events[1], "pressed #");
    EXPECT_EQ(owner.events[2], "mark a reached");
    EXPECT_EQ(owner.events[3], "mark b cleared");
    server.mark("end-1");
    EXPECT_EQ(owner.texts.back(), R"({"type":"mark","data":{"name":"end-1"}})");
    server.clear();
    EXPECT_EQ(owner.texts.back(), R"({"type":"killAudio"})");
    EXPECT_TRUE(server.hang_up());
    EXPECT_EQ(owner.texts.back(), R"({"type":"disconnect"})");
    EXPECT_TRUE(owner.violations.empty());
    for (const auto* bad : {"x", R"({"type":"other"})", R"({"type":"mark","data":{"name":"a"}})"})
        server.text(bad);
    server.binary(std::vector<std::byte>(3));
    EXPECT_EQ(owner.violations.size(), 4U);
}

TEST_F(backend_side, openai_answer_is_played_and_truncated) {
    auto& service = speak("openai");
    EXPECT_EQ(owner.last("/type"), "session.created");
    tell(opening_of("openai").front());
    EXPECT_EQ(owner.last("/type"), "session.updated");
    EXPECT_EQ(owner.last("/session/type"), "realtime");
    EXPECT_EQ(service.rate_hz(), 8000);
    service.text(R"({"type":"input_audio_buffer.append","audio":"//8="})");
    EXPECT_EQ(owner.audio.size(), 2U);

    service.play(std::vector<std::int16_t>(8000));
    EXPECT_EQ(owner.last("/type"), "response.output_audio.delta");
    const auto item = owner.last("/item_id");
    EXPECT_EQ(json::parse(owner.texts[owner.texts.size() - 2]).at("type").as_string(), "response.created");
    service.caller_speaks(true);
    EXPECT_EQ(owner.last("/type"), "input_audio_buffer.speech_started");
    service.clear();
    EXPECT_EQ(owner.last("/type"), "response.done");
    EXPECT_EQ(owner.last("/response/status"), "cancelled");
    EXPECT_EQ(owner.last("/response/status_details/reason"), "turn_detected");
    const std::string truncate =
        R"({"type":"conversation.item.truncate","item_id":")" + item + R"(","content_index":0,"audio_end_ms":)";
    service.text(truncate + "1000}");
    EXPECT_EQ(owner.last("/type"), "conversation.item.truncated");
    EXPECT_EQ(owner.last("/audio_end_ms"), "1000");
    EXPECT_TRUE(owner.violations.empty());
    service.text(truncate + "1001}");
    EXPECT_EQ(owner.last("/type"), "error");
    EXPECT_EQ(owner.violations.size(), 1U);
}

TEST_F(backend_side, openai_errors_keep_the_session) {
    auto& service = speak("openai");
    for (
        const auto* bad :
        {"x", R"({"type":"other"})", R"({"type":"session.update","session":{}})",
         R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":8000}}}}})",
         R"({"type":"input_audio_buffer.append","audio":"AA=="})",
         R"({"type":"conversation.item.truncate","item_id":"item_1","audio_end_ms":0})"}) {
        owner.violations.clear();
        service.text(bad);
        EXPECT_EQ(owner.violations.size(), 1U) << bad;
        EXPECT_EQ(owner.last("/type"), "error") << bad;
    }
    tell(opening_of("openai").front());
    EXPECT_EQ(owner.last("/type"), "session.updated");
}
