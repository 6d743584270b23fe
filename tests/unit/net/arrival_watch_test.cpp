// SPDX-License-Identifier: Apache-2.0
#include "net/arrival_watch.hpp"

#include "call/frame_clock.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <random>

// A caller and the call that looks for what he sends, in virtual time: ticks of a millisecond, a frame clock, and the
// watch that moves it.

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using std::chrono::nanoseconds;

struct figures {
    int frames = 0;  // our frame times
    int looks = 0;   // looks at the socket
    int found = 0;   // messages
    int waiting = 0; // of them, waited for their look for more than 3 ms
    nanoseconds waited{};

    double looks_a_frame() const { return static_cast<double>(looks) / frames; }
    nanoseconds mean_wait() const { return waited / std::max(found, 1); }
};

class watched_caller {
  public:
    // Message n arrives at arrival(n).
    explicit watched_caller(std::function<nanoseconds(int)> arrival, nanoseconds ptime = 20ms)
        : arrival_(std::move(arrival)), clock_(std::chrono::duration_cast<std::chrono::milliseconds>(ptime), 3),
          watch_(ptime, 1ms) {
        clock_.start(start);
    }

    // From now on the call is live, an echo, and so many messages stand in its queue.
    void echo(int standing) { queue_ = standing; }
    int standing() const { return *queue_; }

    figures run_for(nanoseconds time) {
        figures f;
        for (const auto end = now_ + time; now_ < end;)
            look(f);
        return f;
    }

  private:
    static constexpr time_point start{std::chrono::hours{1000}};

    void look(figures& f) {
        const int found_before = f.found;
        while (next_arrival_ <= now_) {
            ++f.found;
            f.waited += now_ - next_arrival_;
            if (now_ - next_arrival_ > 3ms) ++f.waiting;
            next_arrival_ = std::max(next_arrival_, start + arrival_(++arrived_)); // TCP keeps the order
        }
        ++f.looks;
        watch_.looked(now_, f.found > found_before, clock_.next());
        if (const auto by = watch_.take_shift()) clock_.shift(*by);
        if (queue_) *queue_ += f.found - found_before;
        while (clock_.due(now_)) {
            clock_.take();
            ++f.frames;
            if (!queue_) continue;
            *queue_ = std::max(0, *queue_ - 1);
            watch_.left_behind(*queue_ * 20ms);
        }
        // As the table of turns does it: in whole ticks, woken a little late, and at least every 20 ms.
        const auto wanted = std::min(watch_.next_look(now_, clock_.next()), now_ + 20ms) - start;
        const auto tick = std::max(std::chrono::ceil<std::chrono::milliseconds>(wanted),
                                   std::chrono::floor<std::chrono::milliseconds>(now_ - start) + 1ms);
        now_ = start + tick + 50us + 10us * (f.looks % 20);
    }

    std::function<nanoseconds(int)> arrival_;
    frame_clock clock_;
    arrival_watch watch_;
    std::optional<int> queue_; // messages that are to be echoed
    time_point now_ = start;
    int arrived_ = 0;
    time_point next_arrival_ = start + arrival_(0);
};

} // namespace

TEST(arrival_watch, frame_time_settles_just_behind_the_callers_messages) {
    for (nanoseconds phase = 0ms; phase < 20ms; phase += 700us) {
        watched_caller c([=](int n) { return phase + n * 20ms; });
        c.run_for(1s);
        const auto f = c.run_for(20s);
        EXPECT_NEAR(f.frames, 1000, 1);
        EXPECT_NEAR(f.found, 1000, 1);
        EXPECT_LE(f.looks_a_frame(), 1.1) << phase.count();
        EXPECT_LE(f.mean_wait(), 2ms) << phase.count();
    }
}

// What a program answers waits in the queue until a frame is due. Frames that moved to a later time would leave one of
// its frames there for ever.
TEST(arrival_watch, frames_come_earlier_by_as_much_as_the_first_message_waits) {
    for (nanoseconds offset = 0ms; offset < 20ms; offset += 1ms) {
        arrival_watch w(20ms, 1ms);
        const time_point start{std::chrono::hours{1000}};
        std::optional<nanoseconds> shift;
        for (auto t = start; !shift && t < start + 1s; t += 1ms) {
            const auto frame_at = start + (t - start) / 20ms * 20ms + 20ms;
            w.looked(t, (t - start) % 20ms == offset, frame_at);
            shift = w.take_shift();
        }
        ASSERT_TRUE(shift);
        EXPECT_EQ(*shift, offset - 20ms);
    }
}

// The usual case: a caller says his id, which starts our frames, and then a frame every 20 ms. So each of his comes at
// the very time of one of ours, and some a little later; those are waited for.
TEST(arrival_watch, messages_around_the_frame_time_do_not_move_it_by_a_frame) {
    arrival_watch w(20ms, 1ms);
    const time_point start{std::chrono::hours{1000}};
    std::optional<nanoseconds> shift;
    auto frame_at = start + 20ms;
    int message = 0;
    for (auto t = start + 1ms; !shift && t < start + 1s; t += 1ms) {
        const auto arrival = start + (message + 1) * 20ms + (message % 2) * 1ms;
        const bool found = t >= arrival;
        w.looked(t, found, frame_at);
        shift = w.take_shift();
        if (!found) continue;
        ++message;
        frame_at += 20ms;
    }
    ASSERT_TRUE(shift);
    EXPECT_EQ(*shift, 1ms);
}

TEST(arrival_watch, what_stands_in_the_queue_of_a_live_call_is_made_up_for) {
    for (const int standing : {1, 2, 5}) {
        watched_caller c([](int n) { return 7ms + n * 20ms; });
        c.run_for(1s);
        c.echo(standing);
        const auto f = c.run_for(4s);
        EXPECT_EQ(c.standing(), 0) << standing;
        EXPECT_NEAR(f.frames, 200 + standing, 1);
        EXPECT_NEAR(c.run_for(20s).frames, 1000, 1) << "it goes on";
        EXPECT_LE(c.run_for(1s).mean_wait(), 2ms);
    }
}

TEST(arrival_watch, burst_in_the_queue_of_a_live_call_is_not_hurried) {
    watched_caller c([](int n) { return 7ms + n * 20ms; });
    c.run_for(1s);
    c.echo(6);
    EXPECT_NEAR(c.run_for(20s).frames, 1000, 1);
    EXPECT_EQ(c.standing(), 6);
}

// A queue that runs dry now and then is as short as the network allows.
TEST(arrival_watch, queue_that_jitter_fills_and_empties_is_left_alone) {
    watched_caller c([](int n) { return n * 20ms + (n % 25 == 0 ? 25ms : 0ms); });
    c.run_for(1s);
    c.echo(0);
    EXPECT_NEAR(c.run_for(20s).frames, 1000, 1);
}

TEST(arrival_watch, clocks_that_drift_apart_are_followed) {
    for (const int ppm : {100, -100, 200, -200}) { // the worst that telephones do
        watched_caller c([=](int n) { return 5ms + n * (20ms + nanoseconds(20 * ppm)); });
        c.run_for(1s);
        const auto f = c.run_for(600s);
        EXPECT_LE(f.looks_a_frame(), 1.2) << ppm;
        EXPECT_LE(f.mean_wait(), 3ms) << ppm;
        EXPECT_LE(f.waiting, f.found / 5) << ppm;
    }
}

TEST(arrival_watch, jitter_costs_looks_and_little_time) {
    test::for_each_seed(20, [](unsigned seed) {
        std::mt19937 random(seed);
        watched_caller c([&](int n) { return 3ms + n * 20ms + std::chrono::microseconds(random() % 8000); });
        c.run_for(5s);
        const auto f = c.run_for(60s);
        EXPECT_LE(f.looks_a_frame(), 1.5) << test::replay(seed);
        EXPECT_LE(f.mean_wait(), 8ms) << test::replay(seed);
        return !testing::Test::HasFailure();
    });
}

TEST(arrival_watch, caller_who_says_nothing_costs_one_look_a_frame) {
    watched_caller c([](int) { return std::chrono::hours(1); });
    const auto first = c.run_for(2s);
    EXPECT_LE(first.looks, 1100) << "it searched for a second";
    EXPECT_GE(first.looks, 1000) << "every tick";
    const auto f = c.run_for(10s);
    EXPECT_LE(f.looks_a_frame(), 1.05);
}

TEST(arrival_watch, caller_who_pauses_is_found_again) {
    watched_caller c([](int n) { return n < 500 ? 5ms + n * 20ms : 13ms + n * 20ms + 5s; });
    c.run_for(9s);
    c.run_for(7s);
    const auto f = c.run_for(10s);
    EXPECT_LE(f.looks_a_frame(), 1.1);
    EXPECT_LE(f.mean_wait(), 2ms);
}

TEST(arrival_watch, burst_at_the_start_tells_nothing) { // Asterisk's Answer()
    watched_caller c([](int n) { return n < 25 ? 507ms : 513ms + (n - 25) * 20ms; });
    c.run_for(2s);
    const auto f = c.run_for(10s);
    EXPECT_LE(f.mean_wait(), 2ms);
    EXPECT_LE(f.looks_a_frame(), 1.1);
}

TEST(arrival_watch, frames_of_another_length_than_ours_cost_no_further_looks) {
    struct {
        nanoseconds ours, theirs;
    } const pairs[] = {{20ms, 60ms}, {20ms, 40ms}, {20ms, 10ms}, {60ms, 20ms}, {10ms, 20ms}};
    for (const auto& p : pairs) {
        watched_caller c([&](int n) { return 5ms + n * p.theirs; }, p.ours);
        c.run_for(3s);
        const auto f = c.run_for(12s);
        const auto needed = static_cast<double>(std::max(p.ours, 20ms + 0ns).count()) / 20e6; // each 20 ms
        EXPECT_LE(f.looks_a_frame(), 1.2 * needed) << p.ours.count() << " and " << p.theirs.count();
    }
}
