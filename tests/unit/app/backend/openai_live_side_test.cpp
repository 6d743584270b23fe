// SPDX-License-Identifier: Apache-2.0
#include "unit/app/backend/recorded_side.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class openai_live_side : public backend_side {
  protected:
    // Four samples of the caller. The same number comes back.
    void append() { tell("{'type':'session.input_audio.append','audio':'AAAAAAAAAAA='}"); }
};

} // namespace

TEST_F(openai_live_side, session_begins_with_its_start_only) {
    speak("openai-live");
    EXPECT_TRUE(owner.texts.empty()); // the client speaks first
    append();
    EXPECT_EQ(owner.last("/type"), "error");
    EXPECT_EQ(owner.last("/error/code"), "session_not_started");
    for (const auto* bad : {"{}", "{'model':1}", "{'model':'m','audio':{'format':{'type':'audio/opus'}}}",
                            "{'model':'m','audio':{'format':{'type':'audio/pcm'}}}",
                            "{'model':'m','audio':{'format':{'type':'audio/pcm','rate':8000}}}",
                            "{'model':'m','audio':{'format':{'type':'audio/pcmu','rate':16000}}}"}) {
        owner.violations.clear();
        tell(std::string("{'type':'session.start','event_id':'mine','session':") + bad + "}");
        EXPECT_EQ(owner.last("/type"), "error") << bad;
        EXPECT_EQ(owner.last("/error/client_event_id"), "mine") << bad;
        EXPECT_EQ(owner.violations.size(), 1U) << bad;
    }
    tell(opening_of("openai-live").front());
    EXPECT_EQ(owner.last("/type"), "session.started");
    EXPECT_EQ(owner.last("/session/model"), "gpt-live-1.1");
    EXPECT_EQ(owner.last("/session/status"), "active");
    EXPECT_EQ(owner.events, std::vector<std::string>{"started live_1  slin 16000 Hz"});
    tell(opening_of("openai-live").front());
    EXPECT_EQ(owner.last("/type"), "error");
    EXPECT_TRUE(owner.closes.empty()) << "errors keep the session";
}

TEST_F(openai_live_side, as_much_is_sent_as_is_heard_with_silence_where_nothing_is_queued) {
    auto& service = begin("openai-live");
    service.play(three);
    owner.texts.clear();
    append();
    expect_sent({"{'type':'session.output_audio.delta','delta':'AADoAxj8AAA='}"});
    append();
    expect_sent({"{'type':'session.output_audio.delta','delta':'AAAAAAAAAAA='}"});
    service.play(three);
    service.clear();
    append();
    expect_sent({"{'type':'session.output_audio.delta','delta':'AAAAAAAAAAA='}"});
    EXPECT_TRUE(owner.violations.empty());
}

TEST_F(openai_live_side, delegation_is_answered_with_commentary_in_pieces) {
    auto& service = begin("openai-live");
    owner.pending = "call_1";
    service.call_tool({"call_1", "price", {}});
    EXPECT_EQ(owner.last("/type"), "session.delegation.created");
    EXPECT_EQ(owner.last("/delegation"), R"({"id":"call_1","target":"client","type":"delegation"})");
    tell("{'type':'session.commentary.append','content':'three','delegation_id':'call_1'}");
    EXPECT_EQ(owner.events.back(), "result : three");
    EXPECT_EQ(owner.last("/type"), "session.commentary.appended");
    tell("{'type':'session.commentary.append','content':'euros','delegation_id':'call_1'}");
    tell("{'type':'session.instructions.append','content':'5','delegation_id':null}");
    EXPECT_TRUE(owner.violations.empty());
    for (const auto& bad : {std::string("'content':'x','delegation_id':'other'"), std::string("'content':'x'"),
                            "'content':'" + std::string(2001, 'x') + "','delegation_id':null"}) {
        owner.violations.clear();
        tell("{'type':'session.commentary.append'," + bad + "}");
        EXPECT_EQ(owner.violations.size(), 1U) << bad;
        EXPECT_EQ(owner.last("/type"), "error") << bad;
    }
}

TEST_F(openai_live_side, all_that_is_queued_is_sent_before_the_hang_up) {
    auto& service = begin("openai-live");
    service.play(three);
    EXPECT_TRUE(service.hang_up());
    EXPECT_TRUE(owner.closes.empty());
    append();
    EXPECT_EQ(owner.last("/type"), "session.closed");
    EXPECT_EQ(owner.last("/reason"), "remote_hangup");
    EXPECT_EQ(owner.closes.size(), 1U);
    owner.texts.clear();
    append();
    EXPECT_TRUE(owner.texts.empty());
}

TEST_F(openai_live_side, client_closes_the_session) {
    begin("openai-live");
    tell("{'type':'session.close'}");
    EXPECT_EQ(owner.last("/reason"), "close_requested");
    EXPECT_EQ(owner.events.back(), "stopped");
    EXPECT_EQ(owner.closes, std::vector<std::string>{"1000 close_requested"});
}

TEST_F(openai_live_side, session_expires) {
    begin("openai-live").expire();
    EXPECT_EQ(owner.last("/reason"), "expired");
    EXPECT_EQ(owner.closes.size(), 1U);
}
