// SPDX-License-Identifier: Apache-2.0
#include "gateway/early_calls.hpp"

#include "unit/app/gateway/fake_back_ends.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <array>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using gw::early_calls;

namespace {

using strings = std::vector<std::string>;

const uuid id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");
const uuid other = uuid::parse("50325ec2-5efd-4bd3-805f-53576e581d13");

class calls_dialled_early : public testing::Test {
  protected:
    ~calls_dialled_early() override {
        early->stop();
        run();
    }

    void use(std::size_t most = 10, std::chrono::nanoseconds lifetime = 1h) {
        const std::array homes{&io, &second_io};
        early->use(homes, plan, {most, lifetime});
    }

    void announce(const uuid& which = id) {
        gateway::call_context context;
        context.id = which;
        context.from = "100";
        early->announced(std::move(context));
        run();
    }

    // Does everything that needs no waiting.
    void run() {
        for (auto* one : {&io, &second_io}) {
            one->restart();
            one->poll();
        }
    }

    // Lets the call arrive. Returns its link, or null.
    std::shared_ptr<gw::back_end_link> arrive(const uuid& which = id) {
        const auto one = early->take(which, io.get_executor());
        if (!one) return nullptr;
        auto link = one->link();
        one->hand_over(user);
        return link;
    }

    boost::asio::io_context io{1};
    boost::asio::io_context second_io{1};
    fake_back_ends bots;
    std::shared_ptr<gw::gateway_plan> plan = bots.new_plan();
    recorded_user user;
    std::shared_ptr<early_calls> early = std::make_shared<early_calls>();
    const std::vector<std::int16_t> words = std::vector<std::int16_t>(160, 1000);
};

} // namespace

TEST_F(calls_dialled_early, what_the_back_end_said_comes_with_the_call_in_order) {
    use();
    announce();
    ASSERT_EQ(bots.dialled.size(), 1U);
    EXPECT_EQ(early->look().waiting, 1U);
    bots.last().open();
    bots.last().play(words);
    bots.last().say(R"({"type":"mark","data":{"name":"end"}})");
    bots.last().say(R"({"type":"killAudio"})");
    bots.last().play(words);
    const auto link = arrive();
    ASSERT_TRUE(link);
    EXPECT_TRUE(link->is_ready());
    ASSERT_EQ(user.asked.size(), 5U);
    EXPECT_TRUE(user.asked[2].starts_with("mark "));
    user.asked[2] = "mark";
    EXPECT_EQ(user.take(), (strings{"connected", "play 160", "mark", "clear", "play 160"}));
    bots.last().play(words);
    EXPECT_EQ(user.take(), (strings{"play 160"})); // from now on at once
    EXPECT_EQ(early->look().used, 1U);
    EXPECT_EQ(early->look().waiting, 0U);
    EXPECT_FALSE(early->take(id, io.get_executor())); // it is used once
    link->leave();
}

TEST_F(calls_dialled_early, call_that_arrives_during_the_handshake_goes_on_with_it) {
    use();
    announce();
    const auto link = arrive();
    ASSERT_TRUE(link);
    EXPECT_EQ(user.take(), strings{});
    bots.last().open();
    EXPECT_EQ(user.take(), (strings{"connected"}));
    EXPECT_EQ(bots.dialled.size(), 1U);
    link->leave();
}

TEST_F(calls_dialled_early, nothing_is_dialled_where_it_is_off) {
    use(0);
    announce();
    EXPECT_TRUE(bots.dialled.empty());
    EXPECT_FALSE(arrive());
    EXPECT_EQ(early->look().refused, 0U);
}

TEST_F(calls_dialled_early, beyond_the_bound_calls_dial_when_they_arrive) {
    use(1);
    announce();
    announce(other);
    EXPECT_EQ(bots.dialled.size(), 1U);
    EXPECT_EQ(early->look().refused, 1U);
    EXPECT_EQ(early->take_news().size(), 1U);
    EXPECT_EQ(early->take_news().size(), 0U); // reported once
}

TEST_F(calls_dialled_early, call_does_not_come_in_time) {
    use(10, 1ms);
    announce();
    io.restart();
    while (early->look().waiting > 0 && io.run_one() > 0) {
    }
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(early->look().expired, 1U);
    EXPECT_FALSE(arrive());
}

TEST_F(calls_dialled_early, withdrawn_announcement_ends_it) {
    use();
    announce();
    early->withdrawn(id);
    early->withdrawn(other); // unknown
    run();
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(early->look().withdrawn, 1U);
    EXPECT_FALSE(arrive());
}

TEST_F(calls_dialled_early, second_announcement_replaces_the_first) {
    use();
    announce();
    announce();
    ASSERT_EQ(bots.dialled.size(), 2U);
    EXPECT_TRUE(bots.dialled[0]->abandoned);
    EXPECT_FALSE(bots.dialled[1]->abandoned);
    EXPECT_EQ(early->look().waiting, 1U);
}

TEST_F(calls_dialled_early, back_end_that_ends_before_the_call_leaves_nothing_of_what_it_said) {
    use();
    announce();
    bots.last().open();
    bots.last().play(words);
    bots.last().end(1000); // it has said goodbye to an absent caller
    EXPECT_EQ(early->look().lost, 1U);
    EXPECT_FALSE(arrive());
    EXPECT_EQ(early->take_news().size(), 1U);
}

TEST_F(calls_dialled_early, fallback_is_dialled_early_as_well) {
    plan->back_ends = {"ws://first.example/", "ws://second.example/"};
    use();
    announce();
    bots.last().open();
    bots.last().play(words);
    while (bots.hosts().back() != "second.example") {
        bots.last().end(1011);
        const auto known = bots.dialled.size();
        io.restart();
        while (bots.dialled.size() == known && io.run_one() > 0) {
        }
    }
    bots.last().open();
    const auto link = arrive();
    ASSERT_TRUE(link);
    EXPECT_TRUE(link->is_fallback());
    EXPECT_EQ(user.take(), (strings{"backend_lost", "backend_lost", "connected"})); // without the first one's audio
    link->leave();
}

TEST_F(calls_dialled_early, back_end_that_is_being_dialled_again_is_not_waited_for) {
    use();
    announce();
    bots.last().end(1006);
    EXPECT_FALSE(arrive());
    EXPECT_EQ(early->look().lost, 1U);
    run();
    EXPECT_EQ(bots.dialled.size(), 1U); // the call dials itself
}

TEST_F(calls_dialled_early, no_back_end_is_left_before_the_call_arrives) {
    plan->back_ends = {"ws://first.example/"};
    plan->back_ends.front() = "ws://{none}/"; // no host
    use();
    announce();
    EXPECT_EQ(early->look().lost, 1U);
    EXPECT_FALSE(arrive());
}

TEST_F(calls_dialled_early, audio_for_the_call_has_a_bound) {
    use();
    announce();
    bots.last().open();
    const std::vector<std::int16_t> second(8000, 100);
    for (int i = 0; i < 40; ++i)
        bots.last().play(second);
    const auto link = arrive();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->statistics().audio, gw::early_call::audio_max);
    EXPECT_EQ(link->statistics().audio_refused, 10s);
    link->leave();
}

TEST_F(calls_dialled_early, calls_are_spread_and_find_their_thread) {
    use();
    announce();
    announce(other);
    EXPECT_EQ(early->home_of(id), 0U);
    EXPECT_EQ(early->home_of(other), 1U);
    EXPECT_FALSE(early->home_of(uuid::random()));
    EXPECT_FALSE(arrive(other)); // on the first one
    run();
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_TRUE(early->take(id, io.get_executor())); // left alone: it goes with the test
}

TEST_F(calls_dialled_early, stop_closes_what_waits_and_dials_nothing_more) {
    use();
    announce();
    early->stop();
    announce(other);
    EXPECT_EQ(bots.dialled.size(), 1U);
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(early->look().waiting, 0U);
}
