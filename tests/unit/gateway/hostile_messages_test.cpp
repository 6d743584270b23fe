// SPDX-License-Identifier: Apache-2.0
// Whatever a back end sends, no dialect throws. Each dialect sends and requests only well-formed messages.
#include "unit/gateway/sample_call.hpp"

#include "support/bytes.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::quoted;
using test::sample_call;

namespace {

// Messages of all dialects with all their fields. Each dialect receives all of them.
const std::vector<std::string> messages = [] {
    const std::string stream = "MZ0123456789abcdef0123456789abcdef";
    std::vector<std::string> all{
        "{'event':'media','streamSid':'" + stream + "','media':{'payload':'AFX/gA=='}}",
        "{'event':'mark','streamSid':'" + stream + "','mark':{'name':'one \\u00e4 two'}}",
        "{'event':'clear','streamSid':'" + stream + "'}",
        "{'type':'mark','data':{'name':'a'}}",
        "{'type':'killAudio'}",
        "{'type':'clearMarks'}",
        "{'type':'playAudio','data':{'audioContent':'AAEAAQ==','audioContentType':'raw','sampleRate':8000,"
        "'id':'x','queuePlay':true}}",
        "{'type':'disconnect'}",
        "{'type':'Welcome','request_id':'r'}",
        "{'type':'SettingsApplied'}",
        "{'type':'UserStartedSpeaking'}",
        "{'type':'ConversationText','role':'user','content':'Hi'}",
        "{'type':'FunctionCallRequest','functions':[{'id':'f1','name':'n','arguments':'{}','client_side':true}]}",
        "{'type':'FunctionCallCancelled','functions':[{'id':'f1','name':'n'}]}",
        "{'type':'Error','code':'c','description':'d'}",
        "{'type':'Warning','code':'c','description':'d'}",
        "{'type':'conversation_initiation_metadata','conversation_initiation_metadata_event':{'conversation_id':'c',"
        "'agent_output_audio_format':'pcm_16000','user_input_audio_format':'ulaw_8000'}}",
        "{'type':'audio','audio_event':{'audio_base_64':'AAEAAQ==','event_id':1}}",
        "{'type':'interruption','interruption_event':{'event_id':1}}",
        "{'type':'ping','ping_event':{'event_id':1,'ping_ms':20}}",
        "{'type':'client_tool_call','client_tool_call':{'tool_name':'n','tool_call_id':'f1','parameters':{'a':[1]}}}",
        "{'type':'agent_tool_response','agent_tool_response':{'tool_name':'end_call','is_error':false}}",
        "{'type':'error','error_event':{'code':1008,'message':'m','error_type':'t'}}",
        "{'type':'user_transcript','user_transcription_event':{'user_transcript':'Hi'}}",
        "{'type':'agent_response','agent_response_event':{'agent_response':'Hi'}}",
        "{'type':'session.created','session':{}}",
        "{'type':'session.updated','session':{}}",
        "{'type':'response.created','response':{'id':'r'}}",
        "{'type':'response.output_audio.delta','response_id':'r','item_id':'i','content_index':0,'delta':'AAEAAQ=='}",
        "{'type':'response.output_audio.done','response_id':'r','item_id':'i'}",
        "{'type':'response.function_call_arguments.done','response_id':'r','call_id':'f1','name':'n','arguments':'{}'}",
        "{'type':'input_audio_buffer.speech_started','audio_start_ms':1,'item_id':'i'}",
        "{'type':'response.done','response':{'id':'r','status':'cancelled','status_details':{'reason':'turn_detected'}}"
        "}",
        "{'type':'error','error':{'type':'t','code':'c','message':'m'}}",
        "{'type':'session.started','session':{}}",
        "{'type':'session.output_audio.delta','delta':'AAEAAQ=='}",
        "{'type':'session.delegation.created','delegation':{'id':'f1','target':'client'}}",
        "{'type':'session.closed','reason':'expired'}",
        "{'setupComplete':{}}",
        "{'serverContent':{'modelTurn':{'parts':[{'inlineData':{'mimeType':'audio/"
        "pcm;rate=24000','data':'AAEAAQ=='}}]},"
        "'interrupted':true,'turnComplete':true}}",
        "{'toolCall':{'functionCalls':[{'id':'f1','name':'n','args':{}}]}}",
        "{'toolCallCancellation':{'ids':['f1']}}",
        "{'sessionResumptionUpdate':{'newHandle':'h','resumable':true}}",
        "{'goAway':{'timeLeft':'9.5s'}}",
    };
    for (auto& one : all)
        one = quoted(one);
    return all;
}();

// Returns a call in this dialect, with the first session set-up that it accepts.
sample_call any_call(std::string_view name) {
    for (const char* session : {"", "{}", "{'agent':{}}", "{'model':'m'}", "{'model':'models/m'}"})
        if (test::refusal(name, session).empty()) return sample_call(name, session);
    throw std::logic_error("no session set-up here suits the dialect " + std::string(name) + "; add one");
}

// Does everything once that may happen to a call. Returns what the call asked for.
void live_on(sample_call& call, time_point now) {
    auto& in = *call.in;
    in.caller_audio(test::numbered_audio(160), now, call.out);
    in.caller_digit('1', now, call.out);
    call.out.reach_marks(in, 20ms);
    call.out.clear_marks(in);
    in.tool_result("f1", "a \"result\"", false, call.out);
    in.tick(now, call.out);
}

// Returns what is wrong with the call's requests; empty if nothing is.
std::string fault_of(const sample_call& call) {
    for (const auto& text : call.out.texts) {
        boost::json::error_code error;
        const auto value = boost::json::parse(text, error);
        if (error || !value.is_object()) return "sent what is not a JSON object: " + text;
    }
    if (!call.out.played.empty() && (call.out.rate_hz < 4000 || call.out.rate_hz > 768'000))
        return "played at " + std::to_string(call.out.rate_hz) + " Hz";
    return {};
}

template <class Feed>
void with_each_dialect(Feed feed) {
    for (const auto& dialect : gateway::dialects()) {
        auto call = any_call(dialect.name);
        call.open();
        ASSERT_NO_THROW(feed(call)) << dialect.name;
        ASSERT_NO_THROW(live_on(call, test::start + 10s)) << dialect.name;
        ASSERT_NO_THROW(call.in->call_ended(call.out)) << dialect.name;
        ASSERT_EQ(fault_of(call), "") << dialect.name;
    }
}

} // namespace

TEST(hostile_messages, each_message_whole_and_cut_at_each_byte_is_survived) {
    with_each_dialect([](sample_call& call) {
        for (const auto& message : messages) {
            for (std::size_t length = 0; length <= message.size(); ++length)
                call.in->text(std::string_view(message).substr(0, length), test::start, call.out);
            live_on(call, test::start);
        }
    });
}

TEST(hostile_messages, values_of_every_other_type_are_survived) {
    with_each_dialect([](sample_call& call) {
        for (const auto& message : messages) {
            // Replaces each value of the message: the text from a colon to the next end.
            for (auto colon = message.find(':'); colon != std::string::npos; colon = message.find(':', colon + 1)) {
                for (const char* other : {"null", "7", "-1e300", "18446744073709551615", "true", "\"\"", "[]", "{}",
                                          "[[7]]", "{\"a\":{}}"}) {
                    auto changed = message;
                    const auto end = changed.find_first_of(",}", colon);
                    changed.replace(colon + 1, end - colon - 1, other);
                    call.in->text(changed, test::start, call.out);
                }
            }
            live_on(call, test::start);
        }
    });
}

TEST(hostile_messages, random_bytes_are_survived) {
    test::for_each_seed(20, [](unsigned seed) {
        std::mt19937 random(seed);
        std::uniform_int_distribution<int> byte(0, 255);
        std::uniform_int_distribution<std::size_t> length(0, 300);
        with_each_dialect([&](sample_call& call) {
            for (int i = 0; i < 50; ++i) {
                std::string text(length(random), ' ');
                for (char& c : text)
                    c = static_cast<char>(byte(random));
                call.in->text(text, test::start, call.out);
                call.in->binary(test::raw(std::string_view(text)), test::start, call.out);
            }
        });
        if (!testing::Test::HasFailure()) return true;
        ADD_FAILURE() << test::replay(seed);
        return false;
    });
}

TEST(hostile_messages, damaged_messages_in_any_order_are_survived) {
    test::for_each_seed(20, [](unsigned seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
        with_each_dialect([&](sample_call& call) {
            for (int i = 0; i < 200; ++i) {
                auto message = messages[below(messages.size())];
                for (auto damages = below(4); damages > 0; --damages)
                    message[below(message.size())] = static_cast<char>(below(256));
                call.in->text(message, test::start, call.out);
                if (below(10) == 0) live_on(call, test::start + std::chrono::milliseconds(below(20'000)));
            }
        });
        if (!testing::Test::HasFailure()) return true;
        ADD_FAILURE() << test::replay(seed);
        return false;
    });
}

TEST(hostile_messages, large_and_deep_messages_are_survived) {
    with_each_dialect([](sample_call& call) {
        const std::string letters(1'000'000, 'x');
        call.in->text(letters, test::start, call.out);
        call.in->text("{\"type\":\"" + letters + "\",\"event\":\"" + letters + "\"}", test::start, call.out);
        call.in->text("{\"type\":" + std::string(1'000'000, '['), test::start, call.out);
        call.in->binary(test::bytes(1'000'001), test::start, call.out);
        for (const auto& report : call.out.reports)
            EXPECT_LT(report.name.size() + report.text.size(), 3000U);
    });
}
