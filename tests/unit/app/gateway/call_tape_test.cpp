// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_tape.hpp"

#include "tape/tape_format.hpp"
#include "unit/gateway/recorded_output.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using app::gateway::call_tape;

namespace {

struct kept_lines final : tape::tape_sink {
    void add(std::chrono::milliseconds at, std::string_view members) override {
        lines.emplace_back(members);
        EXPECT_NO_THROW(tape::read_entry("{\"t\":" + std::to_string(at.count()) + ',' + lines.back() + '}', 2))
            << members;
    }
    std::vector<std::string> lines;
};

struct taped {
    std::shared_ptr<kept_lines> kept = std::make_shared<kept_lines>();
    test::recorded_output asked;
    call_tape tape{kept, asked};

    const std::string& last() const { return kept->lines.back(); }
};

} // namespace

TEST(call_tape, what_the_bridge_asks_for_is_written_down_and_passed_on) {
    taped t;
    t.tape.ready();
    EXPECT_TRUE(t.tape.play(std::vector<std::int16_t>(160), 8000));
    EXPECT_EQ(t.last(), R"("what":"play","count":160,"rate":8000)");
    t.asked.full = true;
    EXPECT_FALSE(t.tape.play(std::vector<std::int16_t>(160), 8000));
    EXPECT_EQ(t.last(), R"("what":"play","count":160,"rate":8000,"refused":true)");
    t.tape.mark("a\"b");
    EXPECT_EQ(t.last(), R"("what":"mark","mark":"a\"b")");
    t.tape.clear();
    t.tape.send_text(R"({"event":"media"})");
    EXPECT_EQ(t.last(), R"("what":"sent","text":"{\"event\":\"media\"}")");
    t.tape.send_binary(std::vector<std::byte>(3));
    EXPECT_EQ(t.last(), R"("what":"sent","binary":"AAAA")");
    t.tape.reconnect();
    t.tape.hang_up(audiosocket::gateway::hang_up_time::when_played, "bye\n");
    EXPECT_EQ(t.last(), R"("what":"hang_up","when":"when_played","why":"bye\\n")");
    t.tape.fail("broken");
    EXPECT_EQ(t.asked.actions, (std::vector<std::string>{"ready", "play 160 at 8000", "play 160 at 8000", "mark",
                                                         "clear", "text {\"event\":\"media\"}", "binary 3", "reconnect",
                                                         "hang up when played", "fail: broken"}));
    EXPECT_EQ(t.kept->lines.size(), t.asked.actions.size());
}

TEST(call_tape, events_of_the_call_are_written_down) {
    taped t;
    const std::vector<std::int16_t> samples{1, -1};
    t.tape.happened(audio_event{samples, 8000});
    EXPECT_EQ(t.last(), R"("what":"audio","rate":8000,"samples":"AQD//w==")");
    t.tape.happened(dtmf_event{'5'});
    EXPECT_EQ(t.last(), R"("what":"digit","digit":"5")");
    t.tape.happened(played_event{"a", std::chrono::milliseconds(20)});
    EXPECT_EQ(t.last(), R"("what":"played","mark":"a","sent_ms":20)");
    t.tape.happened(cleared_event{"", std::chrono::milliseconds(20), std::chrono::milliseconds(40)});
    EXPECT_EQ(t.last(), R"("what":"cleared","mark":"","sent_ms":20,"cut_ms":40)");
    const time_point silent{std::chrono::hours(1)};
    const auto heard = silent + std::chrono::milliseconds(900);
    t.tape.turned({silent, heard - std::chrono::milliseconds(20), heard, std::chrono::milliseconds(50)});
    EXPECT_EQ(t.last(), R"("what":"turn","total_ms":900,"network_ms":50,"backend_ms":830,"queue_ms":20)");
    t.tape.turned({silent, heard, heard, std::nullopt});
    EXPECT_EQ(t.last(), R"("what":"turn","total_ms":900,"backend_ms":900,"queue_ms":0)");
    t.tape.happened(ended_event{end_reason::peer_hung_up, {}, {}});
    EXPECT_EQ(t.last(), R"("what":"ended","reason":"peer hung up")");
}

// A back end closes after its call has ended.
TEST(call_tape, handlers_of_a_connection_outlive_the_call) {
    websocket::handlers on;
    std::vector<std::string> called;
    const auto kept = std::make_shared<kept_lines>();
    {
        test::recorded_output asked;
        call_tape tape(kept, asked);
        on = tape.listen({[&] { called.emplace_back("open"); },
                          [&](std::string_view text) { called.emplace_back(text); },
                          [&](std::span<const std::byte> message) { called.push_back(std::to_string(message.size())); },
                          [&](const websocket::close_report& how) { called.push_back(how.reason); },
                          [&](clock::duration) { called.emplace_back("pong"); }});
    }
    on.on_open();
    on.on_text("hello");
    on.on_binary(std::vector<std::byte>(3));
    on.on_pong({});
    on.on_closed({1000, "bye"});
    EXPECT_EQ(called, (std::vector<std::string>{"open", "hello", "3", "pong", "bye"}));
    EXPECT_EQ(kept->lines, (std::vector<std::string>{R"("what":"open")", R"("what":"received","text":"hello")",
                                                     R"("what":"received","binary":"AAAA")",
                                                     R"("what":"closed","code":1000,"reason":"bye")"}));
}

TEST(call_tape, answers_of_functions_are_written_down) {
    taped t;
    t.tape.answered({"1", "price", {"3 \"euros\"", false}});
    EXPECT_EQ(t.last(), R"("what":"tool","name":"price","text":"3 \"euros\"")");
    t.tape.answered({"2", "book", {"no table", true}});
    EXPECT_EQ(t.last(), R"("what":"tool","name":"book","text":"no table","failed":true)");
}
