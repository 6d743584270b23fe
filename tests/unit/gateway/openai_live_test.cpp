// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/dialect_case.hpp"
#include "unit/gateway/malformed_messages.hpp"

#include <audiosocket/gateway/base64.hpp>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

const std::string plain_session = "{'model':'gpt-live-1.1'}";

std::string message_of(const std::string& type, const std::string& more = "") {
    return quoted("{'type':'" + type + "','event_id':'e'" + more + "}");
}

std::string delegation(const std::string& id, const std::string& target = "client") {
    return message_of("session.delegation.created",
                      ",'offset_ms':1,'delegation':{'id':'" + id + "','target':'" + target + "','type':'delegation'}");
}

std::string closed(const std::string& reason) {
    return message_of("session.closed", ",'reason':'" + reason + "','session':{},'usage':{'seconds':3}");
}

std::string commentary(const std::string& content, const std::string& id) {
    return "{'type':'session.commentary.append','content':'" + content + "','delegation_id':" + id + "}";
}

class openai_live : public dialect_case {
  protected:
    openai_live() : dialect_case("openai-live", plain_session) {}

    void open() {
        in->opened(now, out);
        tell(message_of("session.started", ",'session':{}"));
        out.take_texts();
    }
};

const std::vector<std::string> script{
    message_of("session.started", ",'session':{}"),
    message_of("session.output_audio.delta", ",'delta':'AQACAA=='"),
    message_of("session.input_transcript.delta", ",'delta':'a','start_ms':1,'end_ms':2"),
    message_of("session.output_transcript.delta", ",'delta':'b','start_ms':1,'end_ms':2"),
    delegation("call_1"),
    message_of("session.usage.updated", ",'usage':{'seconds':3}"),
    message_of("error", ",'error':{'type':'t','code':'c','message':'m'}"),
    closed("expired"),
};

} // namespace

TEST_F(openai_live, the_session_is_started_first_and_is_ready_when_it_has) {
    EXPECT_EQ(in->caller_rate_hz(), 24'000);
    EXPECT_TRUE(find_dialect("openai-live")->live);
    in->opened(now, out);
    expect_sent({"{'type':'session.start','session':{'model':'gpt-live-1.1',"
                 "'audio':{'format':{'type':'audio/pcm','rate':24000}}}}"});
    const std::vector<std::int16_t> audio(480, 1);
    in->caller_audio(audio, now, out);
    expect_sent({}); // "Send this event before other commands and wait for session.started."
    tell(message_of("session.started", ",'session':{}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"ready"});
    in->caller_audio(audio, now, out);
    EXPECT_EQ(out.texts.size(), 1);
    EXPECT_EQ(boost::json::parse(out.texts.front()).at("type"), "session.input_audio.append");
}

TEST_F(openai_live, formats_are_those_of_the_service_and_g711_has_a_rate) {
    in = made("openai-live",
              "{'model':'m','audio':{'format':{'type':'audio/pcmu','rate':8000},'output':{'voice':'marin'}}}");
    EXPECT_EQ(in->caller_rate_hz(), 8000);
    open();
    tell(message_of("session.output_audio.delta", ",'delta':'/////w=='"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"play 4 at 8000"});

    in = made("openai-live", "{'model':'m','audio':{'format':{'type':'audio/pcma'}}}");
    in->opened(now, out);
    expect_sent(
        {"{'type':'session.start','session':{'model':'m','audio':{'format':{'type':'audio/pcma','rate':8000}}}}"});
    EXPECT_EQ(
        made("openai-live", "{'model':'m','audio':{'format':{'type':'audio/pcm','rate':16000}}}")->caller_rate_hz(),
        16'000);
}

TEST(openai_live_set_up, mistakes_are_named_with_their_place_and_what_to_write) {
    EXPECT_EQ(refusal("openai-live", plain_session), "");
    EXPECT_EQ(refusal("openai-live", ""),
              "session set-up: it is missing; this dialect needs at least {\"model\": \"gpt-live-1.1\"}");
    EXPECT_EQ(refusal("openai-live", "{}"), "session set-up: model is missing; write for instance \"gpt-live-1.1\"");
    EXPECT_EQ(refusal("openai-live", "{'model':'m','audio':{'format':{'type':'audio/pcm','rate':8000}}}"),
              "session set-up: audio.format.rate is 8000; \"audio/pcm\" has 16000 or 24000");
    EXPECT_EQ(refusal("openai-live", "{'model':'m','audio':{'format':{'type':'audio/pcmu','rate':16000}}}"),
              "session set-up: audio.format.rate is 16000; \"audio/pcmu\" has 8000");
    EXPECT_EQ(refusal("openai-live", "{'model':'m','audio':{'output':'marin'}}"),
              "session set-up: audio.output is not an object; write it with { }");
}

TEST_F(openai_live, a_whole_call) {
    open();
    tell(message_of("session.output_audio.delta", ",'delta':'AQACAA=='"));
    tell(message_of("session.input_transcript.delta", ",'delta':'hel','start_ms':1,'end_ms':2"));
    tell(message_of("session.output_transcript.delta", ",'delta':'lo','start_ms':1,'end_ms':2"));
    tell(message_of("session.usage.updated", ",'usage':{'seconds':3}"));
    EXPECT_EQ(out.take(),
              (std::vector<std::string>{"play 2 at 24000", "transcript | caller | hel", "transcript | agent | lo"}));
    in->call_ended(out);
    expect_sent({"{'type':'session.close'}"});
    EXPECT_FALSE(in->may_close()) << "only session.closed confirms the end";
    tell(closed("close_requested"));
    EXPECT_TRUE(out.take().empty());
    EXPECT_TRUE(in->may_close());
    EXPECT_EQ(in->closed(1000, ""), after_close::hang_up);
}

TEST_F(openai_live, a_call_that_ends_before_the_session_is_just_closed) {
    in->opened(now, out);
    out.take_texts();
    in->call_ended(out);
    expect_sent({});
    EXPECT_TRUE(in->may_close());
}

TEST_F(openai_live, an_agent_with_a_greeting_is_asked_to_speak_once_a_call) {
    in = made("openai-live", "{'model':'m','greeting':'Say hello.'}");
    in->opened(now, out);
    out.take_texts();
    tell(message_of("session.started"));
    expect_sent({commentary("Say hello.", "null")});
    in->opened(now, out);
    out.take_texts();
    tell(message_of("session.started"));
    expect_sent({});
}

TEST_F(openai_live, a_delegation_is_a_function_call_and_its_result_is_commentary) {
    open();
    tell(delegation("dlg_1"));
    ASSERT_EQ(out.reports.size(), 1);
    EXPECT_EQ(out.reports.front().what, dialect_report::type::tool_call);
    EXPECT_EQ(out.reports.front().id, "dlg_1");
    EXPECT_EQ(out.reports.front().name, "delegation");
    tell(delegation("dlg_2", "responses"));
    EXPECT_EQ(out.reports.size(), 1) << "the service does that itself";
    in->tool_result("dlg_1", "It rains.", false, out);
    expect_sent({commentary("It rains.", "'dlg_1'")});
    in->tool_result("dlg_1", "again", false, out);
    EXPECT_EQ(out.take(), std::vector<std::string>{"ignored | delegation | no delegation waits for the id dlg_1"});
    tell(delegation("dlg_3"));
    out.take_texts();
    in->tool_result("dlg_3", "no network", true, out);
    expect_sent({commentary("This failed: no network", "'dlg_3'")});
}

TEST_F(openai_live, a_long_result_goes_in_pieces_of_whole_words_and_characters) {
    open();
    std::string words;
    while (words.size() < 2500)
        words += "w\u00f6rter ";
    for (const auto& text : {words, std::string(3000, 'x'), std::string("\u20ac") + std::string(1500, 'y')}) {
        tell(delegation("dlg_1"));
        out.take_texts();
        in->tool_result("dlg_1", text, false, out);
        std::string joined;
        for (const auto& message : out.take_texts()) {
            const std::string piece(message.at("content").as_string());
            EXPECT_LE(piece.size(), 1000);
            EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xc0, 0x80);
            joined += piece;
        }
        EXPECT_EQ(joined, text);
    }
    tell(delegation("dlg_1"));
    out.take_texts();
    in->tool_result("dlg_1", std::string(50'000, 'x'), false, out);
    EXPECT_EQ(out.texts.size(), 16);
    EXPECT_EQ(out.reports.back().text, "the last 34000 bytes of a result were left out; shorten it");
}

TEST_F(openai_live, delegations_that_wait_are_bounded) {
    open();
    for (int i = 0; i < 100; ++i)
        tell(delegation("dlg_" + std::to_string(i)));
    EXPECT_EQ(std::ranges::count(out.reports, dialect_report::type::tool_call, &dialect_report::what), 64);
    tell(delegation(std::string(300, 'x')));
    EXPECT_EQ(out.reports.back().text, "the delegation's id is too long");
}

TEST_F(openai_live, keys_are_instructions) {
    open();
    in->caller_digit('7', now, out);
    in->tick(in->deadline(), out);
    const auto messages = out.take_texts();
    ASSERT_EQ(messages.size(), 1);
    EXPECT_EQ(messages.front().at("type"), "session.instructions.append");
    EXPECT_TRUE(messages.front().at("delegation_id").is_null());
    EXPECT_NE(messages.front().at("content").as_string().find("7"), std::string::npos);
}

TEST_F(openai_live, the_reason_of_the_end_says_what_becomes_of_the_call) {
    const std::pair<const char*, std::pair<std::string, after_close>> cases[]{
        {"close_requested", {"hang up when played", after_close::hang_up}},
        {"remote_hangup", {"hang up when played", after_close::hang_up}},
        {"content", {"fail: the service has closed the session: content", after_close::fail}},
        {"connection_lost", {"fail: the service has closed the session: connection_lost", after_close::fail}},
        {"expired", {"reconnect", after_close::reconnect}},
    };
    for (const auto& [reason, wanted] : cases) {
        open();
        now += 1h;
        tell(closed(reason));
        EXPECT_EQ(out.take().back(), wanted.first) << reason;
        EXPECT_EQ(in->closed(1000, ""), wanted.second) << reason;
    }
    open();
    now += 59s;
    tell(closed("expired"));
    EXPECT_EQ(out.take().back(), "fail: the service has closed the session: expired") << "it would expire again";
    open();
    EXPECT_EQ(in->closed(1000, ""), after_close::fail) << "without session.closed it is not the end";
}

TEST_F(openai_live, a_new_session_is_given_the_words_of_the_one_before) {
    const std::string first = "{'role':'developer','content':[{'text':'It is Monday.'}]}";
    in = made("openai-live", "{'model':'m','input':[" + first + "]}");
    open();
    const auto say = [&](const char* side, const char* words) {
        tell(message_of(std::string("session.") + side + "_transcript.delta",
                        std::string(",'delta':'") + words + "','start_ms':1,'end_ms':2"));
    };
    say("input", "two ");
    say("input", "loaves");
    say("output", "anything else?");
    now += 1h;
    tell(closed("expired"));
    out.take_texts();
    in->opened(now, out);
    const auto item = [](const std::string& role, const std::string& type, const std::string& text) {
        return "{'type':'message','role':'" + role + "','content':[{'type':'" + type + "','text':'" + text + "'}]}";
    };
    EXPECT_EQ(out.take_texts().back().at("session").at("input"),
              json_of("[" + first + "," + item("user", "input_text", "two loaves") + "," +
                      item("assistant", "output_text", "anything else?") + "]"));
    for (int i = 0; i < 300; ++i)
        say(i % 2 == 0 ? "input" : "output", "yes");
    in->opened(now, out);
    EXPECT_LE(out.take_texts().back().at("session").at("input").as_array().size(), 128);
}

TEST_F(openai_live, an_error_before_the_start_fails_and_is_a_warning_behind_it) {
    in->opened(now, out);
    out.take();
    tell(message_of("error", ",'error':{'type':'t','code':'unknown_parameter','message':'m'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"fail: the service refuses the session: unknown_parameter: m"});
    open();
    tell(message_of("error", ",'error':{'type':'t','code':'unknown_parameter','message':'m'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"warning | unknown_parameter | m"});
}

TEST_F(openai_live, what_is_unknown_or_malformed_is_ignored_and_reported) {
    open();
    for (const auto& message : {std::string("x"), message_of("brand.new"), message_of("session.output_audio.delta"),
                                message_of("session.output_audio.delta", ",'delta':'?'"), delegation("")}) {
        out.reports.clear();
        out.take();
        tell(message);
        ASSERT_EQ(out.take().size(), 1) << message;
        ASSERT_EQ(out.reports.size(), 1) << message;
        EXPECT_EQ(out.reports.front().what, dialect_report::type::ignored);
    }
}

TEST(openai_live_malformed, messages_cut_at_each_byte_are_ignored) {
    expect_truncated_messages_are_ignored([] { return made("openai-live", plain_session); }, script);
}

TEST(openai_live_malformed, random_messages_do_no_harm) {
    for (unsigned seed = 1; seed <= 3; ++seed)
        expect_random_messages_do_no_harm([] { return made("openai-live", plain_session); }, script, seed);
}
