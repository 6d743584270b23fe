// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_call.hpp"

#include "gateway/early_call.hpp"

#include "unit/app/gateway/fake_back_ends.hpp"

#include <audiosocket/net.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

// A call over the loopback interface. Both sides are on the test's thread, and the test is the back ends.
class call_of_a_gateway : public testing::Test {
  protected:
    void begin() {
        listener_.async_accept([this](boost::system::error_code error, call line) {
            ASSERT_FALSE(error);
            const auto live = std::make_shared<app::live_call>(std::move(line));
            const auto on_event = [this, live](const event& e) {
                if (const auto* end = std::get_if<ended_event>(&e)) gateways_end = *end;
            };
            const auto on_note = [this](const app::call_note& n) {
                notes.push_back(n.name);
                if (n.name == "gateway") description = n.details;
            };
            std::make_shared<gw::gateway_call>(live, plan, app::call_reporting{on_event, on_note})->start();
        });
        async_connect(io, {"127.0.0.1", listener_.local_endpoint().port()}, id, {},
                      [this](boost::system::error_code error, call line) {
                          ASSERT_FALSE(error);
                          caller = std::move(line);
                          hear();
                      });
        run_until([&] { return caller && (!bots.dialled.empty() || !notes.empty()); });
    }

    void hear() {
        caller.async_next_event([this](boost::system::error_code error, const event& e) {
            if (error) return;
            if (const auto* audio = std::get_if<audio_event>(&e)) {
                heard += static_cast<std::size_t>(std::ranges::count_if(audio->samples, [](auto s) { return s != 0; }));
            } else if (const auto* end = std::get_if<ended_event>(&e)) {
                callers_end = *end;
                return;
            }
            hear();
        });
    }

    // Returns false only if nothing more can happen.
    template <class Condition>
    void run_until(Condition condition) {
        io.restart();
        while (!condition())
            ASSERT_GT(io.run_one(), 0U);
    }

    void run_until_both_have_ended() {
        run_until([&] { return callers_end && gateways_end; });
        listener_.close();
        caller = {};
        io.restart();
        io.run(); // nothing keeps the call, its timers or its connection
    }

    // A back end is ready.
    void open() {
        bots.last().open();
        ASSERT_EQ(notes.back(), "backend_connected");
    }

    // Returns the next WebSocket that is dialled.
    void run_until_dialled(std::size_t count) {
        run_until([&] { return bots.dialled.size() >= count; });
        ASSERT_EQ(bots.dialled.size(), count);
    }

    static clip sound(std::size_t samples) { return {std::vector<std::int16_t>(samples, 500), 8000}; }

    std::string_view because() const { return description.at("hung_up_because").as_string(); }

    boost::asio::io_context io{1};
    listener listener_{io, {"127.0.0.1", 0}, {}};
    fake_back_ends bots;
    std::shared_ptr<gw::gateway_plan> plan = bots.new_plan();
    const uuid id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");
    call caller;
    std::size_t heard = 0; // samples that are not silence
    strings notes;
    boost::json::value description;
    std::optional<ended_event> callers_end;
    std::optional<ended_event> gateways_end;
    const std::vector<std::int16_t> words = std::vector<std::int16_t>(800, 1000);
};

} // namespace

TEST_F(call_of_a_gateway, goodbye_is_played_before_the_hang_up) {
    begin();
    open();
    bots.last().play(words);
    bots.last().end(1000);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 800U);
    EXPECT_EQ(callers_end->reason, end_reason::peer_hung_up);
    EXPECT_EQ(because(), "backend");
    EXPECT_EQ(bots.dialled.size(), 1U);
}

TEST_F(call_of_a_gateway, back_end_that_fails_in_mid_call_falls_back_and_what_it_said_is_heard) {
    begin();
    open();
    bots.last().play(words);
    bots.last().end(1006);
    run_until_dialled(2);
    bots.last().end(1006);
    run_until_dialled(3);
    EXPECT_EQ(bots.hosts(), (strings{"first.example", "first.example", "second.example"}));
    open();
    bots.last().play(words);
    bots.last().end(1000);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 1600U);
    EXPECT_EQ(plan->counts->look().fell_back, 1U);
}

TEST_F(call_of_a_gateway, caller_who_hangs_up_while_it_is_dialled_leaves_nothing_behind) {
    begin();
    caller.hang_up();
    run_until_both_have_ended();
    EXPECT_TRUE(bots.last().abandoned);
    EXPECT_EQ(bots.dialled.size(), 1U);
    EXPECT_EQ(gateways_end->reason, end_reason::peer_hung_up);
}

TEST_F(call_of_a_gateway, caller_who_hangs_up_before_the_second_try_leaves_nothing_behind) {
    begin();
    bots.last().end(1006);
    caller.hang_up();
    run_until_both_have_ended();
    EXPECT_EQ(bots.dialled.size(), 1U);
}

TEST_F(call_of_a_gateway, failure_sound_is_played_where_no_back_end_is_left) {
    plan->back_ends = {"ws://first.example/"};
    plan->on_failure = sound(400);
    begin();
    bots.last().end(1006);
    run_until_dialled(2);
    bots.last().end(1006);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 400U);
    EXPECT_EQ(because(), "no_backend");
    EXPECT_EQ(plan->counts->look().without_back_end, 1U);
}

TEST_F(call_of_a_gateway, orderly_end_right_after_the_handshake_goes_to_the_fallback) {
    begin();
    open();
    bots.last().end(1000);
    run_until_dialled(2);
    open();
    bots.last().end(1000);
    run_until_dialled(3);
    EXPECT_EQ(bots.hosts().back(), "second.example");
    open();
    bots.last().play(words);
    bots.last().end(1000);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 800U);
}

TEST_F(call_of_a_gateway, back_end_that_fails_after_its_goodbye_changes_nothing) {
    begin();
    open();
    bots.last().play(words);
    bots.last().say(R"({"type":"disconnect"})");
    bots.last().end(1006);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 800U);
    EXPECT_EQ(bots.dialled.size(), 1U);
    EXPECT_EQ(plan->counts->look().lost, 0U);
}

TEST_F(call_of_a_gateway, audio_beyond_ten_minutes_is_refused_and_said_once) {
    begin();
    open();
    const std::vector<std::int16_t> minute(std::size_t{60} * 8000, 1);
    for (int i = 0; i < 13; ++i)
        bots.last().play(minute);
    EXPECT_EQ(std::ranges::count(notes, "audio_refused"), 1);
    caller.hang_up();
    run_until_both_have_ended();
    const auto& sums = plan->counts->look().ended;
    EXPECT_GE(sums.audio_refused, 2min);
    EXPECT_EQ(sums.audio + sums.audio_refused, 13min);
    EXPECT_EQ(bots.last().closed, 1000);
}

TEST_F(call_of_a_gateway, call_in_which_neither_side_says_anything_is_hung_up) {
    plan->inactivity_max = 100ms;
    plan->on_failure = sound(400);
    begin();
    open();
    run_until_both_have_ended();
    EXPECT_EQ(heard, 400U);
    EXPECT_EQ(because(), "inactivity");
    EXPECT_EQ(std::ranges::count(notes, "inactivity"), 1);
    EXPECT_EQ(plan->counts->look().inactive, 1U);
    EXPECT_EQ(callers_end->reason, end_reason::peer_hung_up);
}

TEST_F(call_of_a_gateway, what_is_being_played_is_not_a_standstill) {
    plan->inactivity_max = 200ms;
    begin();
    open();
    const std::vector<std::int16_t> second(8000, 1000);
    bots.last().play(second); // at once, and then nothing more
    run_until_both_have_ended();
    EXPECT_EQ(heard, 8000U);
    EXPECT_EQ(because(), "inactivity");
}

TEST_F(call_of_a_gateway, without_its_context_it_is_hung_up_and_nothing_is_dialled) {
    plan->require_context = true;
    begin();
    run_until_both_have_ended();
    EXPECT_EQ(notes, (strings{"no_context"}));
    EXPECT_TRUE(bots.dialled.empty());
}

TEST_F(call_of_a_gateway, back_end_that_may_not_be_dialled_is_a_failure) {
    plan->allowed_back_ends = {"ws://first.example/"};
    plan->take_context = [](const uuid& which) {
        return gateway::call_context{which, {}, {}, {{"backend", "ws://other.example/"}}};
    };
    begin();
    run_until_both_have_ended();
    EXPECT_EQ(notes, (strings{"backend_refused", "no_backend"}));
}

TEST_F(call_of_a_gateway, early_back_end_speaks_at_once_and_is_not_dialled_again) {
    plan->take_context = [](const uuid& which) { return gateway::call_context{which, "100", {}, {}}; };
    const auto early = std::make_shared<gw::early_call>(io.get_executor(), plan, gateway::call_context{id, {}, {}, {}},
                                                        std::chrono::hours(1));
    plan->take_early = [kept = early](const uuid&, const auto&) mutable { return std::move(kept); };
    early->start();
    bots.last().open();
    bots.last().play(words);
    begin();
    run_until([&] { return heard == 800; });
    EXPECT_EQ(notes.front(), "backend_connected");
    bots.last().end(1000);
    run_until_both_have_ended();
    EXPECT_EQ(heard, 800U);
    EXPECT_EQ(bots.dialled.size(), 1U);
    EXPECT_TRUE(description.at("backend").at("early_ms").is_double());
}
