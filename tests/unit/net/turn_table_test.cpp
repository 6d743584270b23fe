// SPDX-License-Identifier: Apache-2.0
#include "net/turn_table.hpp"

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Uses the real clock, because the table has no other. No result depends on how late it is.

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

struct taker : turn_taker {
    void take_turn(time_point now) override {
        ++turns;
        EXPECT_GE(now, wanted);
        if (then) then();
    }
    int turns = 0;
    time_point wanted{};
    bool has_arrived(bool is_last, time_point) noexcept override {
        ++arrivals;
        was_last = was_last || is_last;
        return true;
    }
    bool read_on(time_point) override { return ++reads < reads_wanted; }
    int arrivals = 0;
    int reads = 0;
    int reads_wanted = 1;
    bool was_last = false;
    std::function<void()> then;
};

// Has a socket.
class watched_taker : public taker {
  public:
    explicit watched_taker(turn_table& table) : table_(table) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
        own_ = file_descriptor(ends[0]);
        peer_ = file_descriptor(ends[1]);
        io_error error;
        table_.watch(own_.get(), *this, error);
        EXPECT_FALSE(error) << error.message();
    }
    ~watched_taker() override { table_.unwatch(own_.get()); }

    void peer_sends(std::string_view what) {
        EXPECT_EQ(::send(peer_.get(), what.data(), what.size(), 0), std::ssize(what));
    }
    void peer_ends() { peer_.close(); }

  private:
    turn_table& table_;
    file_descriptor own_;
    file_descriptor peer_;
};

// A call, as far as its io_context knows it. It may keep itself alive, as a call does whose handler owns it.
struct call_stub final : resident, std::enable_shared_from_this<call_stub> {
    void hang_up() override { hung_up = true; }
    void forget() noexcept override { keeps.reset(); }
    std::shared_ptr<resident> self() noexcept override { return weak_from_this().lock(); }

    bool hung_up = false;
    std::shared_ptr<call_stub> keeps;
};

class table : public testing::Test {
  protected:
    std::shared_ptr<taker> scheduled(std::chrono::nanoseconds in) { return scheduled_at(clock::now() + in); }
    std::shared_ptr<taker> scheduled_at(time_point when) {
        auto one = std::make_shared<taker>();
        schedule_at(one, when);
        return one;
    }
    void schedule(const std::shared_ptr<taker>& who, std::chrono::nanoseconds in) {
        schedule_at(who, clock::now() + in);
    }
    void schedule_at(const std::shared_ptr<taker>& who, time_point when) {
        who->wanted = when;
        turns.schedule(who, when);
    }

    boost::asio::io_context io{1};
    turn_table& turns = boost::asio::use_service<turn_table>(io);
};

} // namespace

TEST_F(table, each_has_one_turn_and_never_too_early_and_then_there_is_nothing_to_wait_for) {
    std::vector<std::shared_ptr<taker>> all;
    for (const auto in : {7ms, 1ms, 0ms, 30ms, 3ms})
        all.push_back(scheduled(in));
    io.run(); // ends when the table is empty
    for (const auto& one : all)
        EXPECT_EQ(one->turns, 1);
}

TEST_F(table, last_appointment_counts_earlier_or_later) {
    const auto earlier = scheduled(30ms);
    schedule(earlier, 2ms);
    const auto later = scheduled(2ms);
    schedule(later, 20ms);
    io.run();
    EXPECT_EQ(earlier->turns, 1);
    EXPECT_EQ(later->turns, 1);
}

TEST_F(table, after_an_idle_time_longer_than_the_wheel_appointments_are_kept) {
    scheduled(1ms);
    io.run();
    std::this_thread::sleep_for(100ms); // once round the wheel and more
    io.restart();
    const auto one = scheduled(10ms);
    io.run();
    EXPECT_EQ(one->turns, 1);
}

TEST_F(table, turn_may_make_another_appointment_or_take_those_of_others) {
    const auto busy = scheduled(1ms);
    const auto victim = scheduled(2ms); // after it, however slow this is
    busy->then = [&] {
        turns.leave(*victim);
        if (busy->turns < 5) schedule(busy, 1ms);
    };
    io.run();
    EXPECT_EQ(busy->turns, 5);
    EXPECT_EQ(victim->turns, 0);
}

TEST_F(table, neighbours_of_one_who_throws_have_their_turns_when_the_context_runs_again) {
    std::vector<std::shared_ptr<taker>> all;
    for (int i = 0; i < 5; ++i)
        all.push_back(scheduled(1ms));
    all[1]->then = [&] {
        if (all[1]->turns == 1) throw std::runtime_error("a handler's");
    };
    EXPECT_THROW(io.run(), std::runtime_error);
    io.run();
    for (const auto& one : all)
        EXPECT_EQ(one->turns, one == all[1] ? 2 : 1) << "the call that threw has another turn";
}

// Another turn in the same tick goes first, whichever was scheduled first.
TEST_F(table, heavy_call_has_its_turn_after_the_others) {
    std::vector<std::string> order;
    const auto heavy = scheduled(1ms);
    heavy->then = [&] {
        for (const auto until = clock::now() + 2ms; clock::now() < until;) {
        }
        if (heavy->turns < 10) return schedule(heavy, 1ms); // they pay for 4 s
        order.emplace_back("heavy");
        if (heavy->turns > 10) return;
        const auto both_at = clock::now() + 1ms;
        schedule_at(heavy, both_at);
        const auto light = scheduled_at(both_at);
        light->then = [&] { order.emplace_back("light"); };
    };
    io.run();
    EXPECT_EQ(order, (std::vector<std::string>{"heavy", "light", "heavy"}));
}

TEST_F(table, what_is_left_to_read_is_read_when_no_call_is_due) {
    const auto both_at = clock::now() + 1ms;
    const auto behind = scheduled_at(both_at);
    const auto other = scheduled_at(both_at);
    behind->reads_wanted = 5;
    behind->then = [&] { turns.read_later(*behind); };
    other->then = [&] { EXPECT_EQ(behind->reads, 0); };
    io.run();
    EXPECT_EQ(other->turns, 1);
    EXPECT_EQ(behind->reads, 5);
}

TEST_F(table, arrival_gives_a_turn_and_is_reported_once) {
    for (const int watched : {1, 40}) { // woken by the arrival, and by the next tick
        SCOPED_TRACE(watched);
        std::vector<std::shared_ptr<watched_taker>> all;
        for (int i = 0; i < watched; ++i)
            all.push_back(std::make_shared<watched_taker>(turns));
        watched_taker& one = *all.back();
        one.then = [&] { one.arrivals > 0 ? turns.leave(one) : turns.schedule(all.back(), clock::now() + 60ms); };
        turns.schedule(all.back(), clock::now() + 60ms);
        one.peer_sends("audio");
        io.restart();
        while (one.arrivals == 0)
            io.run_one();
        EXPECT_FALSE(one.was_last);
        EXPECT_EQ(one.arrivals, 1);
        all.clear();
        io.restart();
        io.run(); // nothing is left to wait for
    }
}

TEST_F(table, end_of_the_peer_is_an_arrival) {
    const auto one = std::make_shared<watched_taker>(turns);
    turns.schedule(one, clock::now() + 60ms);
    one->then = [&] {
        if (!one->was_last) turns.schedule(one, clock::now() + 60ms);
    };
    one->peer_ends();
    while (!one->was_last)
        io.run_one();
}

TEST_F(table, many_turns_at_once_let_others_of_the_thread_have_theirs) {
    constexpr int many = 1000;
    int taken = 0;
    int taken_before_the_other = many;
    std::vector<std::shared_ptr<taker>> all;
    for (int i = 0; i < many; ++i) {
        all.push_back(scheduled(1ms));
        all.back()->then = [&] {
            if (++taken == 1) boost::asio::post(io, [&] { taken_before_the_other = taken; });
        };
    }
    io.run();
    EXPECT_EQ(taken, many);
    EXPECT_LT(taken_before_the_other, many);
}

TEST_F(table, context_that_goes_lets_go_of_those_who_wait_for_a_turn) {
    std::weak_ptr<taker> seen;
    {
        boost::asio::io_context brief{1};
        auto& its = boost::asio::use_service<turn_table>(brief);
        const auto one = std::make_shared<taker>();
        seen = one;
        its.schedule(one, clock::now() + 10ms);
    }
    EXPECT_TRUE(seen.expired());
}

TEST(home, context_that_goes_lets_go_of_open_calls_that_keep_themselves) {
    std::weak_ptr<call_stub> seen;
    std::shared_ptr<io_home> home;
    {
        boost::asio::io_context brief{1};
        home = boost::asio::use_service<turn_table>(brief).home();
        const auto one = std::make_shared<call_stub>();
        one->keeps = one;
        seen = one;
        EXPECT_TRUE(home->enter(*one));
        EXPECT_FALSE(home->wait_until_empty(clock::now()));
    }
    EXPECT_TRUE(seen.expired());
    EXPECT_TRUE(home->wait_until_empty(clock::now()));
}

TEST(home, context_that_is_gone_takes_nothing_any_more) {
    std::shared_ptr<io_home> home;
    {
        boost::asio::io_context brief{1};
        home = boost::asio::use_service<turn_table>(brief).home();
        bool here = false;
        EXPECT_TRUE(home->post([&] { return [&] { here = home->is_here(); }; }));
        EXPECT_FALSE(home->is_here());
        brief.run();
        EXPECT_TRUE(here);
    }
    call_stub late;
    EXPECT_FALSE(home->enter(late));
    EXPECT_FALSE(home->is_here());
    EXPECT_FALSE(home->post([] { return [] { ADD_FAILURE() << "ran without an io_context"; }; }));
}

TEST(home, hang_up_all_applies_to_calls_in_progress_and_is_remembered) {
    boost::asio::io_context io{1};
    const auto home = boost::asio::use_service<turn_table>(io).home();
    const auto here = std::make_shared<call_stub>();
    const auto left = std::make_shared<call_stub>();
    home->enter(*here);
    home->enter(*left);
    home->leave(*left);
    EXPECT_FALSE(home->is_ending());
    home->hang_up_all();
    EXPECT_TRUE(home->is_ending());
    EXPECT_TRUE(here->hung_up);
    EXPECT_FALSE(left->hung_up);
    home->leave(*here); // as a call does before it is destroyed
}
