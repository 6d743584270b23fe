// SPDX-License-Identifier: Apache-2.0
#include "gateway/back_end_link.hpp"

#include "unit/app/gateway/fake_back_ends.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using gw::back_end_link;

namespace {

using strings = std::vector<std::string>;

class link_of_a_call : public testing::Test {
  protected:
    link_of_a_call() {
        plan = bots.new_plan();
        plan->now = [this] { return bots.now; };
        plan->bounds.connect_timeout = 10s;
    }
    ~link_of_a_call() override {
        if (link) link->leave();
    }

    void begin() {
        link = std::make_shared<back_end_link>(io.get_executor(), plan, gateway::call_context{}, user);
        link->start();
    }

    // Moves the clock to the next deadline.
    void pass_deadline() {
        ASSERT_NE(link->deadline(), time_point::max());
        bots.now = link->deadline();
        link->tick(bots.now);
    }

    // Returns this much audio of the caller.
    void caller_says(std::chrono::milliseconds length) {
        const std::vector<std::int16_t> frame(160, 100);
        for (auto said = 0ms; said < length; said += 20ms)
            link->happened(audio_event{frame, 8000});
    }

    boost::asio::io_context io;
    fake_back_ends bots;
    std::shared_ptr<gw::gateway_plan> plan;
    recorded_user user;
    std::shared_ptr<back_end_link> link;
    const std::vector<std::int16_t> words = std::vector<std::int16_t>(160, 1000);
};

} // namespace

TEST_F(link_of_a_call, each_place_is_dialled_twice_and_then_none_is_left) {
    begin();
    for (int left = 4; left > 0; --left) {
        bots.last().end(1006, "Connection refused");
        if (left > 1) pass_deadline();
    }
    EXPECT_EQ(bots.hosts(), (strings{"first.example", "first.example", "second.example", "second.example"}));
    EXPECT_EQ(user.take(), (strings{"backend_lost", "next", "backend_lost", "next", "backend_lost", "next",
                                    "backend_lost", "none"}));
    EXPECT_EQ(user.reasons.front(), "cannot be reached: Connection refused");
    EXPECT_FALSE(link->name());
    EXPECT_EQ(plan->counts->look().fell_back, 1U);
}

TEST_F(link_of_a_call, second_try_comes_after_a_pause_and_the_fallback_at_once) {
    begin();
    const auto began = bots.now;
    bots.last().end(1006);
    EXPECT_EQ(link->deadline(), began + 300ms);
    pass_deadline();
    bots.last().end(1006);
    EXPECT_EQ(link->deadline(), bots.now);
}

TEST_F(link_of_a_call, back_end_that_fails_in_mid_call_is_followed_by_another_session) {
    begin();
    bots.last().open();
    bots.last().play(words);
    caller_says(5s);
    user.take();
    bots.last().end(1006, "the peer ended the connection without a close");
    EXPECT_EQ(user.take(), (strings{"backend_lost", "next"}));
    EXPECT_FALSE(link->is_ready());
    pass_deadline();
    ASSERT_EQ(bots.dialled.size(), 2U);
    bots.last().open();
    EXPECT_EQ(user.take(), (strings{"connected"}));
    EXPECT_EQ(bots.last().texts.size(), 1U); // the set-up, as in every new session
}

TEST_F(link_of_a_call, round_trip_is_that_of_the_connection_and_the_slowest_ping_that_of_the_call) {
    begin();
    bots.last().open();
    EXPECT_FALSE(link->round_trip().network());
    for (const auto took : {80ms, 700ms, 50ms})
        bots.last().on.on_pong(took);
    EXPECT_EQ(link->round_trip().network(), 50ms);
    bots.last().play(words);
    bots.last().end(1006);
    pass_deadline();
    EXPECT_FALSE(link->round_trip().network());
    EXPECT_EQ(link->round_trip().slowest(), 700ms);
    EXPECT_EQ(plan->counts->look().ping_time.sum(), 830ms);
}

TEST_F(link_of_a_call, session_that_is_not_set_up_in_time_is_lost) {
    plan->dialect = gateway::find_dialect("openai"); // waits for session.updated
    begin();
    bots.last().open();
    EXPECT_EQ(link->deadline(), bots.now + 10s);
    auto& slow = bots.last();
    pass_deadline();
    EXPECT_TRUE(slow.abandoned);
    EXPECT_EQ(user.reasons, (strings{"did not set up the session in time (--connect-timeout)"}));
}

TEST_F(link_of_a_call, orderly_end_of_a_back_end_that_has_spoken_ends_the_call) {
    begin();
    bots.last().open();
    bots.last().play(words);
    user.take();
    bots.last().end(1000);
    EXPECT_EQ(user.take(), (strings{"hang up: the back end has closed the connection"}));
}

// In most frameworks a bot that accepts, fails and returns from its handler closes with 1000. Such a call ended without
// its fallback.
TEST_F(link_of_a_call, orderly_end_before_a_word_is_a_failure) {
    begin();
    bots.last().open();
    caller_says(1s);
    bots.last().end(1000);
    EXPECT_EQ(user.reasons, (strings{"closed with code 1000 before it said anything"}));
    pass_deadline();
    EXPECT_EQ(bots.dialled.size(), 2U);
}

TEST_F(link_of_a_call, orderly_end_of_a_back_end_that_only_listens_ends_the_call) {
    begin();
    bots.last().open();
    caller_says(back_end_link::heard_least);
    bots.last().end(1000);
    EXPECT_EQ(user.asked.back(), "hang up: the back end has closed the connection");
}

TEST_F(link_of_a_call, orderly_end_after_a_key_ends_the_call) {
    begin();
    bots.last().open();
    link->happened(dtmf_event{'1'});
    bots.last().end(1000);
    EXPECT_EQ(user.asked.back(), "hang up: the back end has closed the connection");
}

TEST_F(link_of_a_call, orderly_end_after_a_function_ends_the_call) {
    plan->dialect = gateway::find_dialect("elevenlabs");
    begin();
    bots.last().open();
    bots.last().say(
        R"({"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"c",
            "agent_output_audio_format":"pcm_16000","user_input_audio_format":"pcm_16000"}})");
    ASSERT_TRUE(link->is_ready());
    bots.last().say(
        R"({"type":"client_tool_call","client_tool_call":{"tool_name":"book","tool_call_id":"1","parameters":{}}})");
    ASSERT_EQ(user.asked.back(), "report book");
    bots.last().end(1000);
    EXPECT_EQ(user.asked.back(), "hang up: the back end has closed the connection");
}

TEST_F(link_of_a_call, session_after_a_lost_one_has_to_speak_itself) {
    begin();
    bots.last().open();
    bots.last().play(words);
    caller_says(5s);
    bots.last().end(1011);
    pass_deadline();
    bots.last().open();
    user.take();
    bots.last().end(1000);
    EXPECT_EQ(user.take(), (strings{"backend_lost", "next"}));
}

TEST_F(link_of_a_call, stopped_one_dials_nothing_more_whatever_its_back_end_does) {
    begin();
    bots.last().open();
    bots.last().say(R"({"type":"disconnect"})");
    EXPECT_EQ(user.asked.back(), R"(hang up: the back end sent "disconnect")");
    link->stop();
    user.take();
    bots.last().end(1006); // dies after the goodbye
    EXPECT_EQ(user.take(), strings{});
    EXPECT_EQ(link->deadline(), time_point::max());
    EXPECT_EQ(bots.dialled.size(), 1U);
}

TEST_F(link_of_a_call, call_that_ends_while_it_is_dialled_drops_the_connection) {
    begin();
    link->call_ended({});
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(link->deadline(), time_point::max());
}

TEST_F(link_of_a_call, call_that_ends_during_the_pause_dials_nothing_more) {
    begin();
    bots.last().end(1006);
    link->call_ended({});
    link->tick(bots.now + 1h);
    EXPECT_EQ(bots.dialled.size(), 1U);
}

TEST_F(link_of_a_call, end_of_the_call_closes_the_connection_in_order) {
    begin();
    bots.last().open();
    link->call_ended({});
    EXPECT_EQ(bots.last().closed, 1000);
    link->leave();
    EXPECT_FALSE(bots.last().abandoned);
    bots.last().say("{}"); // what is still on its way
    bots.last().end(1000);
}

TEST_F(link_of_a_call, back_end_that_does_not_confirm_the_end_is_closed_all_the_same) {
    plan->dialect = gateway::find_dialect("openai-live"); // confirms with session.closed
    plan->session = boost::json::object{{"model", "gpt-live-1"}};
    begin();
    bots.last().open();
    bots.last().say(R"({"type":"session.started","event_id":"1","session":{}})");
    ASSERT_TRUE(link->is_ready());
    link->call_ended({});
    EXPECT_EQ(bots.last().closed, 0);
    EXPECT_EQ(link->deadline(), bots.now + 3s);
    pass_deadline();
    EXPECT_EQ(bots.last().closed, 1000);
}

TEST_F(link_of_a_call, back_end_that_does_not_read_is_lost) {
    begin();
    bots.last().open();
    auto& deaf = bots.last();
    deaf.takes = false;
    caller_says(20ms);
    EXPECT_TRUE(deaf.abandoned);
    EXPECT_EQ(user.reasons, (strings{"does not read what it is sent"}));
}

TEST_F(link_of_a_call, audio_without_room_is_counted_and_too_many_marks_are_a_failure) {
    begin();
    bots.last().open();
    user.has_room = false;
    bots.last().play(words);
    EXPECT_EQ(link->statistics().audio_refused, 20ms);
    auto& first = bots.last();
    first.say(R"({"type":"mark","data":{"name":"one"}})");
    EXPECT_TRUE(first.abandoned);
    EXPECT_EQ(user.reasons, (strings{"has set more marks than a call may have (10,000)"}));
}

TEST_F(link_of_a_call, link_without_a_user_gives_up_its_connection_with_the_next_message) {
    begin();
    bots.last().open();
    user.take();
    link->forget_user();
    bots.last().say(R"({"type":"killAudio"})");
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(user.take(), strings{});
}

TEST_F(link_of_a_call, another_user_is_asked_from_then_on) {
    begin();
    bots.last().open();
    user.take();
    recorded_user later;
    link->serve(later);
    bots.last().play(words);
    EXPECT_EQ(user.take(), strings{});
    EXPECT_EQ(later.take(), (strings{"play 160"}));
    link->leave();
}
