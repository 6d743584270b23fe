// SPDX-License-Identifier: Apache-2.0
// Whatever a client sends, no side throws. Each side sends only JSON objects and reports mistakes in a short text.
#include "unit/app/backend/recorded_side.hpp"

#include "support/seed.hpp"

#include <random>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// Messages of all dialects with all their fields. Each dialect receives all of them.
const std::vector<std::string> messages = [] {
    std::vector<std::string> all{
        "{'event':'media','sequenceNumber':'2','streamSid':'MZ1','media':{'payload':'AFX/gA=='}}",
        "{'event':'mark','sequenceNumber':'2','streamSid':'MZ1','mark':{'name':'end-1'}}",
        "{'event':'dtmf','sequenceNumber':'2','streamSid':'MZ1','dtmf':{'digit':'5'}}",
        "{'event':'stop','sequenceNumber':'2','streamSid':'MZ1','stop':{}}",
        "{'type':'mark','data':{'name':'end-1','event':'playout'}}",
        "{'event':'dtmf','dtmf':'5','duration':'100'}",
        "{'type':'input_audio_buffer.append','audio':'AAEAAQ=='}",
        "{'type':'conversation.item.truncate','item_id':'item_1','content_index':0,'audio_end_ms':20}",
        "{'type':'conversation.item.create','item':{'type':'function_call_output','call_id':'call_1','output':'x'}}",
        "{'type':'response.create'}",
        "{'type':'response.cancel'}",
        "{'type':'session.input_audio.append','audio':'AAEAAQ=='}",
        "{'type':'session.commentary.append','content':'x','delegation_id':'call_1'}",
        "{'type':'session.input_audio.mute'}",
        "{'type':'session.close'}",
        "{'realtimeInput':{'audio':{'mimeType':'audio/pcm;rate=16000','data':'AAEAAQ=='}}}",
        "{'realtimeInput':{'mediaChunks':[{'mimeType':'audio/pcm','data':'AAEAAQ=='}]}}",
        "{'realtimeInput':{'text':'x'}}",
        "{'toolResponse':{'functionResponses':[{'id':'call_1','name':'price','response':{'output':'x'}}]}}",
        "{'type':'KeepAlive'}",
        "{'type':'InjectUserMessage','content':'x'}",
        "{'type':'FunctionCallResponse','id':'call_1','name':'price','content':'x'}",
        "{'user_audio_chunk':'AAEAAQ=='}",
        "{'type':'pong','event_id':1}",
        "{'type':'client_tool_result','tool_call_id':'call_1','result':'x','is_error':false}",
        "{'type':'user_message','text':'x'}",
    };
    for (const auto& each : app::backend::sides())
        for (auto& message : opening_of(each.name))
            all.push_back(std::move(message));
    for (auto& message : all)
        message = quoted(std::move(message));
    return all;
}();

void expect_sane(const recorded_owner& owner) {
    for (const auto& text : owner.texts)
        ASSERT_TRUE(boost::json::parse(text).is_object()) << text;
    for (const auto& what : owner.violations)
        ASSERT_LE(what.size(), 300U) << what;
}

class hostile_clients : public testing::TestWithParam<std::string> {
  protected:
    // One connection that receives messages of all kinds, with bytes and values changed at random.
    static void talk_at_random(const std::string& dialect, unsigned seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
        static constexpr std::string_view values[]{"null", "{}",    "[]",  "-1",        "1e300",     "\"\"",
                                                   "true", "\"a\"", "[1]", "{\"a\":1}", "123456789", "\"\\u0000\""};
        recorded_owner owner;
        const auto side = side_named(dialect).make(owner);
        side->opened();
        if (below(4) != 0)
            for (const auto& message : opening_of(dialect))
                side->text(quoted(message));
        for (int step = 0; step < 30; ++step) {
            auto message = messages[below(messages.size())];
            if (below(3) == 0) message[below(message.size())] = static_cast<char>(below(256));
            if (const auto colon = message.find(':', below(message.size())); below(2) == 0 && colon != message.npos) {
                const auto end = std::min(message.find_first_of(",}]", colon), message.size());
                message.replace(colon + 1, end - colon - 1, values[below(std::size(values))]);
            }
            ASSERT_NO_THROW(side->text(message)) << message;
            ASSERT_NO_THROW(side->binary(std::as_bytes(std::span(message)))) << message;
            if (owner.events.empty()) continue; // not started
            if (below(4) == 0) side->play(three);
            if (below(8) == 0) side->mark("end-1");
            if (below(8) == 0) side->caller_speaks(below(2) == 0);
            if (below(8) == 0) side->clear();
            if (below(8) == 0) side->ping();
            if (below(16) == 0) owner.pending = "call_1", side->call_tool({"call_1", "price", {}});
            if (below(32) == 0) side->announce_end(std::chrono::seconds(10));
            if (below(64) == 0) side->expire();
            if (below(64) == 0) side->hang_up();
        }
        expect_sane(owner);
    }
};

} // namespace

TEST_P(hostile_clients, messages_cut_at_each_byte_are_violations) {
    for (const auto& message : opening_of(GetParam())) {
        const auto whole = quoted(message);
        for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
            recorded_owner owner;
            const auto side = side_named(GetParam()).make(owner);
            side->opened();
            ASSERT_NO_THROW(side->text(std::string_view(whole).substr(0, bytes)));
            ASSERT_EQ(owner.violations.size(), 1U) << whole.substr(0, bytes);
            expect_sane(owner);
        }
    }
}

TEST_P(hostile_clients, long_texts_are_cut_in_what_is_said_of_them) {
    for (const auto* field : {"type", "event", "streamSid", "model", "handle"}) {
        recorded_owner owner;
        const auto side = side_named(GetParam()).make(owner);
        side->opened();
        for (const auto& message : opening_of(GetParam()))
            side->text(quoted(message));
        const std::string text =
            "{'" + std::string(field) + "':'" + std::string(79, 'a') + "\xc3\xa4" + std::string(100'000, 'a') + "'}";
        side->text(quoted(text));
        expect_sane(owner);
    }
}

TEST_P(hostile_clients, random_messages_do_no_harm) {
    for_each_seed(100, [](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        talk_at_random(GetParam(), seed);
        return !HasFatalFailure();
    });
}

INSTANTIATE_TEST_SUITE_P(all, hostile_clients, testing::ValuesIn(dialects_with()), dialect_test_name);
