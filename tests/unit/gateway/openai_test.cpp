// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/malformed_messages.hpp"
#include "unit/gateway/openai_call.hpp"

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace audiosocket::test::openai_service;
using namespace std::chrono_literals;

namespace {

class openai : public openai_test {};

const std::vector<std::string> script{
    message_of("session.created", ",'session':{}"),
    message_of("session.updated", ",'session':{}"),
    created("resp_1"),
    delta("resp_1", "item_1", audio_of(5)),
    audio_done("resp_1", "item_1"),
    function_done("resp_1", "call_1"),
    message_of("response.output_audio_transcript.done", ",'transcript':'hello'"),
    done("resp_1", "completed"),
    speech_started(),
    created("resp_2"),
    delta("resp_2", "item_2", audio_of(5)),
    speech_started(),
    done("resp_2", "cancelled", "{'type':'cancelled','reason':'turn_detected'}"),
    message_of("error", ",'error':{'type':'invalid_request_error','code':'x','message':'y'}"),
    message_of("error", ",'error':{'type':'invalid_request_error','code':'session_expired','message':'y'}"),
};

} // namespace

// --- The session ---

TEST_F(openai, the_session_is_set_up_first_and_is_ready_when_the_server_says_so) {
    EXPECT_EQ(in->caller_rate_hz(), 24'000);
    in->opened(now, out);
    expect_sent({"{'type':'session.update','session':{'type':'realtime','audio':{"
                 "'input':{'format':{'type':'audio/pcm','rate':24000},'turn_detection':{'type':'server_vad'}},"
                 "'output':{'format':{'type':'audio/pcm','rate':24000}}}}}"});
    tell(message_of("session.created", ",'session':{}"));
    EXPECT_TRUE(out.take().empty());
    tell(message_of("session.updated", ",'session':{}"));
    EXPECT_EQ(out.take(), (std::vector<std::string>{"mark", "ready"}));
    tell(message_of("session.updated", ",'session':{}"));
    EXPECT_TRUE(out.take().empty()) << "ready once for each connection";
}

TEST_F(openai, a_server_that_never_says_session_updated_is_ready_five_seconds_after_session_created) {
    in->opened(now, out);
    EXPECT_EQ(in->deadline(), time_point::max());
    tell(message_of("session.created", ",'session':{}"));
    EXPECT_EQ(in->deadline(), now + 5s);
    out.take();
    in->tick(now + 4999ms, out);
    EXPECT_TRUE(out.take().empty());
    in->tick(now + 5s, out);
    EXPECT_EQ(out.actions.back(), "ready");
    EXPECT_EQ(out.reports.size(), 1);
    EXPECT_EQ(in->deadline(), time_point::max());
}

TEST_F(openai, a_set_up_is_sent_as_it_is_but_for_the_formats_that_are_missing) {
    in = made("openai", "{'type':'realtime','instructions':'Be \\u00e4.','tools':[{'type':'function','name':'find'}],"
                        "'audio':{'input':{'format':{'type':'audio/pcmu'},'turn_detection':null},"
                        "'output':{'voice':'marin','format':{'type':'audio/pcma'}}}}");
    EXPECT_EQ(in->caller_rate_hz(), 8000);
    in->opened(now, out);
    expect_sent({"{'type':'session.update','session':{'type':'realtime','instructions':'Be \\u00e4.',"
                 "'tools':[{'type':'function','name':'find'}],"
                 "'audio':{'input':{'format':{'type':'audio/pcmu'},'turn_detection':null},"
                 "'output':{'voice':'marin','format':{'type':'audio/pcma'}}}}}"});
}

TEST(openai_set_up, mistakes_are_named_with_their_place_and_what_to_write) {
    EXPECT_EQ(refusal("openai", "{}"), "");
    EXPECT_EQ(refusal("openai", "{'audio':{'input':{'format':{'type':'audio/pcm','rate':16000}}}}"),
              "session set-up: audio.input.format.rate is 16000; \"audio/pcm\" has 24000");
    EXPECT_EQ(refusal("openai", "{'audio':{'output':{'format':{'type':'audio/opus'}}}}"),
              "session set-up: audio.output.format.type is \"audio/opus\"; write \"audio/pcm\", \"audio/pcmu\" or "
              "\"audio/pcma\"");
    EXPECT_EQ(refusal("openai", "{'audio':{'input':{'format':{'type':'audio/pcmu','rate':8000}}}}"),
              "session set-up: audio.input.format.rate: \"audio/pcmu\" has no rate here; leave it out");
    EXPECT_EQ(refusal("openai", "{'audio':{'input':{'format':{'type':'audio/pcm','rate':'fast'}}}}"),
              "session set-up: audio.input.format.rate is not a whole number");
    EXPECT_EQ(refusal("openai", "{'audio':{'input':{'format':'audio/pcm'}}}"),
              "session set-up: audio.input.format is not an object; write it with { }");
    EXPECT_EQ(refusal("openai", "{'audio':[]}"), "session set-up: audio is not an object; write it with { }");
    EXPECT_EQ(refusal("openai", "{'type':'transcription'}"),
              "session set-up: type is not \"realtime\"; only that one talks with a caller");
    EXPECT_EQ(refusal("openai", "{'output_modalities':['text']}"),
              "session set-up: output_modalities has no \"audio\"; a call needs [\"audio\"]");
    EXPECT_EQ(refusal("openai", "{'input_audio_format':'g711_ulaw'}"),
              "session set-up: input_audio_format is of the older API; write audio.input.format instead");
    EXPECT_EQ(refusal("openai", "{'greeting':1}"),
              "session set-up: greeting is not a text; write what the agent is asked to say first");
    EXPECT_NE(refusal("openai", "[]"), "");
    EXPECT_NE(refusal("openai", "{"), "");
}

TEST_F(openai, an_agent_with_a_greeting_is_asked_to_speak_once_a_call) {
    in = made("openai", "{'greeting':'Say hello.'}");
    in->opened(now, out);
    EXPECT_EQ(out.texts.back().find("greeting"), std::string::npos) << "the service does not know it";
    out.take_texts();
    tell(message_of("session.updated"));
    expect_sent({"{'type':'conversation.item.create','item':{'type':'message','role':'system','content':"
                 "[{'type':'input_text','text':'Say hello.'}]}}",
                 "{'type':'response.create'}"});
    in->opened(now, out);
    out.take_texts();
    tell(message_of("session.updated"));
    expect_sent({});
}

TEST_F(openai, an_error_before_the_session_is_ready_fails) {
    in->opened(now, out);
    out.take();
    tell(message_of("error",
                    ",'error':{'type':'invalid_request_error','code':'invalid_value','message':'no such voice'}"));
    EXPECT_EQ(out.take(),
              std::vector<std::string>{"fail: the service refuses the session: invalid_value: no such voice"});
    tell(message_of("session.updated"));
    EXPECT_TRUE(out.take().empty());
    EXPECT_EQ(in->closed(1000, ""), after_close::fail);
}

TEST_F(openai, an_error_in_the_session_is_a_warning_but_for_those_that_end_it) {
    open();
    tell(message_of("error", ",'error':{'type':'invalid_request_error','code':null,'message':'bad','param':'p'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"warning | invalid_request_error | bad"});
    tell(message_of("error", ",'error':{'type':'invalid_request_error','code':'invalid_api_key','message':'gone'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"fail: the service refuses the session: invalid_api_key: gone"});
}

TEST_F(openai, a_session_that_expires_goes_on_in_a_new_one) {
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(100)));
    now += 1h;
    out.take();
    tell(message_of("error",
                    ",'error':{'type':'invalid_request_error','code':'session_expired','message':'60 minutes'}"));
    EXPECT_EQ(out.take().back(), "reconnect");
    EXPECT_EQ(in->closed(1001, ""), after_close::reconnect);
    open();
    tell(speech_started());
    EXPECT_EQ(out.take(), (std::vector<std::string>{"mark", "clear"})) << "its audio is still to be heard";
    out.clear_marks(*in, 10ms, 90ms);
    expect_sent({}); // the item ended with its session
    EXPECT_EQ(in->closed(1000, ""), after_close::hang_up);
}

TEST_F(openai, a_new_session_is_given_the_words_of_the_one_before) {
    open();
    tell(message_of("conversation.item.input_audio_transcription.completed",
                    ",'item_id':'i','transcript':'two loaves'"));
    tell(message_of("response.output_audio_transcript.done", ",'transcript':'anything else?'"));
    now += 1h;
    tell(message_of("error",
                    ",'error':{'type':'invalid_request_error','code':'session_expired','message':'60 minutes'}"));
    in->opened(now, out);
    out.take_texts();
    tell(message_of("session.updated"));
    const auto item = [](const std::string& role, const std::string& type, const std::string& text) {
        return "{'type':'conversation.item.create','item':{'type':'message','role':'" + role +
               "','content':[{'type':'" + type + "','text':'" + text + "'}]}}";
    };
    expect_sent({item("user", "input_text", "two loaves"), item("assistant", "output_text", "anything else?")});
}

TEST_F(openai, a_session_that_expires_at_once_fails) {
    open();
    now += 59s;
    tell(message_of("error", ",'error':{'type':'invalid_request_error','code':'session_expired','message':'now'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"fail: the service refuses the session: session_expired: now"});
    EXPECT_EQ(in->closed(1001, ""), after_close::fail);
}

TEST_F(openai, a_connection_that_closes_before_the_session_is_ready_has_failed) {
    in->opened(now, out);
    EXPECT_EQ(in->closed(1000, ""), after_close::fail);
    open();
    EXPECT_EQ(in->closed(1000, ""), after_close::fail) << "it has said nothing";
    open();
    tell(delta("r", "item_1", audio_of(20)));
    EXPECT_EQ(in->closed(1006, ""), after_close::fail);
    open();
    EXPECT_EQ(in->closed(1000, ""), after_close::hang_up);
}

// --- Audio ---

TEST_F(openai, audio_of_the_caller_goes_out_in_pieces_of_20_to_100_ms) {
    open();
    const auto say = [&](int ms) {
        in->caller_audio(std::vector<std::int16_t>(static_cast<std::size_t>(ms) * 24, 100), now, out);
    };
    const auto append = [&](int ms) { return "{'type':'input_audio_buffer.append','audio':'" + audio_of(ms) + "'}"; };
    say(20);
    expect_sent({append(20)});
    say(10);
    expect_sent({});
    say(15);
    expect_sent({append(25)});
    say(230);
    expect_sent({append(100), append(100), append(30)});
}

TEST_F(openai, a_whole_call) {
    open();
    tell(created("resp_1"));
    tell(delta("resp_1", "item_1", audio_of(40)));
    tell(delta("resp_1", "item_1", audio_of(60)));
    tell(message_of("response.output_audio_transcript.delta", ",'delta':'hel'"));
    tell(message_of("response.output_audio_transcript.done", ",'transcript':'hello'"));
    tell(audio_done("resp_1", "item_1"));
    tell(done("resp_1", "completed"));
    EXPECT_EQ(out.take(), (std::vector<std::string>{"play 960 at 24000", "play 1440 at 24000",
                                                    "transcript | agent | hello", "mark"}));
    out.reach_marks(*in, 100ms);
    tell(speech_started());
    EXPECT_TRUE(out.take().empty()) << "there is nothing to clear";
    tell(message_of("input_audio_buffer.speech_stopped"));
    tell(message_of("conversation.item.input_audio_transcription.completed", ",'item_id':'i','transcript':'bye'"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"transcript | caller | bye"});
    in->call_ended(out);
    EXPECT_TRUE(out.take().empty());
    EXPECT_TRUE(in->may_close());
}

TEST_F(openai, older_names_of_the_audio_events_are_understood) {
    open();
    tell(created("resp_1"));
    tell(quoted("{'type':'response.audio.delta','response_id':'resp_1','item_id':'a','content_index':0,'delta':'" +
                audio_of(20) + "'}"));
    tell(message_of("response.audio.done", ",'response_id':'resp_1','item_id':'a'"));
    tell(message_of("response.audio_transcript.done", ",'transcript':'hi'"));
    EXPECT_EQ(out.take(), (std::vector<std::string>{"play 480 at 24000", "mark", "transcript | agent | hi"}));
}

TEST_F(openai, half_a_sample_waits_for_the_next_delta_of_the_same_item_only) {
    open();
    tell(delta("r", "item_1", "AQAB")); // three bytes
    tell(delta("r", "item_1", "AA==")); // the fourth
    tell(delta("r", "item_1", "AQAB"));
    tell(delta("r", "item_2", "AQACAA==")); // begins with a whole sample
    EXPECT_EQ(out.played, (std::vector<std::int16_t>{1, 1, 1, 1, 2}));
}

// --- Unexpected messages ---

TEST_F(openai, an_answer_that_failed_is_a_warning) {
    open();
    tell(created("resp_1"));
    tell(done("resp_1", "failed", "{'type':'failed','error':{'code':'rate_limit_exceeded','message':'slow'}}"));
    tell(created("resp_2"));
    tell(done("resp_2", "incomplete", "{'type':'incomplete','reason':'max_output_tokens'}"));
    EXPECT_EQ(out.take(), (std::vector<std::string>{"warning | rate_limit_exceeded | slow",
                                                    "warning | max_output_tokens | the answer is not complete"}));
}

TEST_F(openai, a_part_that_failed_is_a_warning_and_the_call_goes_on) {
    open();
    tell(message_of("conversation.item.input_audio_transcription.failed", ",'error':{'message':'no words'}"));
    tell(message_of("response.mcp_call.failed"));
    EXPECT_EQ(out.take(),
              (std::vector<std::string>{"warning | conversation.item.input_audio_transcription.failed | no words",
                                        "warning | response.mcp_call.failed"}));
}

TEST_F(openai, what_is_unknown_or_malformed_is_ignored_and_reported) {
    open();
    const std::vector<std::string> messages{
        "no JSON",
        "[1]",
        "{}",
        quoted("{'type':17}"),
        message_of("brand.new"),
        message_of("response.output_audio.delta", ",'item_id':'a'"),
        message_of("response.output_audio.delta", ",'item_id':'a','delta':5"),
        delta("r", "item_1", "???"),
        delta("r", std::string(1000, 'x'), audio_of(1)),
    };
    for (const auto& message : messages) {
        out.reports.clear();
        out.take();
        tell(message);
        EXPECT_EQ(out.take().size(), 1) << message;
        ASSERT_EQ(out.reports.size(), 1) << message;
        EXPECT_EQ(out.reports.front().what, dialect_report::type::ignored);
        EXPECT_NE(out.reports.front().text, "");
    }
    in->binary({}, now, out);
    EXPECT_EQ(out.reports.back().name, "binary");
    tell(message_of("rate_limits.updated", ",'rate_limits':[]"));
    tell(message_of("conversation.item.truncated", ",'item_id':'a'"));
    EXPECT_EQ(out.reports.size(), 2) << "these are known, and say nothing about the call";
}

TEST(openai_malformed, messages_cut_at_each_byte_are_ignored) {
    expect_truncated_messages_are_ignored([] { return made("openai"); }, script);
}

TEST(openai_malformed, random_messages_do_no_harm) {
    for (unsigned seed = 1; seed <= 3; ++seed)
        expect_random_messages_do_no_harm([] { return made("openai"); }, script, seed);
}
