// SPDX-License-Identifier: Apache-2.0
#include "net/arrival_watch.hpp"

#include "call/frame_clock.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <random>

// A caller and its call, in virtual time: ticks of a millisecond, a frame clock, and the watch that moves it.

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using std::chrono::nanoseconds;

struct figures {
    int frames = 0;   // our frame times
    int messages = 0; // the caller's
    int late = 0;     // the frame times that passed before their message came
    nanoseconds waited{};

    nanoseconds mean_wait() const { return waited / std::max(messages, 1); }
};

class watched_caller {
  public:
    // Message n arrives at arrival(n).
    explicit watched_caller(std::function<nanoseconds(int)> arrival, nanoseconds ptime = 20ms)
        : arrival_(std::move(arrival)), clock_(std::chrono::duration_cast<std::chrono::milliseconds>(ptime), 3),
          watch_(ptime, 1ms) {
        clock_.start(start);
    }

    figures run_for(nanoseconds time) {
        figures f;
        for (const auto end = tick_ + time; tick_ < end; tick_ += 1ms)
            take_tick(f);
        return f;
    }

  private:
    static constexpr time_point start{std::chrono::hours{1000}};

    void take_tick(figures& f) {
        const time_point now = tick_ + 50us + 10us * (f.frames % 20); // woken a little late
        bool any = false;
        while (next_arrival_ <= now) {
            any = true;
            ++f.messages;
            unanswered_ = unanswered_.value_or(next_arrival_);
            next_arrival_ = std::max(next_arrival_, start + arrival_(++arrived_)); // TCP keeps the order
        }
        if (any) watch_.arrived(now, clock_.next());
        shift();
        while (clock_.due(now)) {
            const auto at = clock_.take();
            ++f.frames;
            if (unanswered_)
                f.waited += now - *std::exchange(unanswered_, std::nullopt);
            else
                ++f.late;
            watch_.frame_passed(at);
            shift();
        }
    }

    void shift() {
        if (const auto by = watch_.take_shift()) clock_.shift(*by);
    }

    std::function<nanoseconds(int)> arrival_;
    frame_clock clock_;
    arrival_watch watch_;
    time_point tick_ = start;
    std::optional<time_point> unanswered_; // when the first message came that no frame has followed
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
        EXPECT_NEAR(f.messages, 1000, 1);
        EXPECT_LE(f.mean_wait(), 2ms) << phase.count();
        EXPECT_EQ(f.late, 0) << phase.count();
    }
}

// An application's answer waits in the queue until a frame is due. Frames that moved to a later time would leave one of
// its frames there for ever.
TEST(arrival_watch, frames_come_earlier_by_as_much_as_the_first_message_waits) {
    for (nanoseconds offset = 0ms; offset < 20ms; offset += 1ms) {
        arrival_watch w(20ms, 1ms);
        const time_point start{std::chrono::hours{1000}};
        std::optional<nanoseconds> shift;
        for (auto frame_at = start; !shift && frame_at < start + 1s; frame_at += 20ms) {
            w.arrived(frame_at + offset, frame_at + 20ms);
            shift = w.take_shift();
            w.frame_passed(frame_at + 20ms);
        }
        ASSERT_TRUE(shift);
        EXPECT_EQ(*shift, offset - 20ms);
    }
}

// The usual case: a caller sends its id, which starts our frames, and then a frame every 20 ms. Each frame arrives at
// the time of one of ours, and some a little later; the watch waits for those.
TEST(arrival_watch, messages_around_the_frame_time_do_not_move_it_by_a_frame) {
    arrival_watch w(20ms, 1ms);
    const time_point start{std::chrono::hours{1000}};
    std::optional<nanoseconds> shift;
    auto frame_at = start + 20ms;
    for (int message = 0; !shift && message < 50; ++message, frame_at += 20ms) {
        w.arrived(frame_at + (message % 2) * 1ms, frame_at);
        shift = w.take_shift();
        w.frame_passed(frame_at);
    }
    ASSERT_TRUE(shift);
    EXPECT_EQ(*shift, 1ms);
}

TEST(arrival_watch, clocks_that_drift_apart_are_followed) {
    for (const int ppm : {100, -100, 200, -200}) { // the worst jitter of telephones
        watched_caller c([=](int n) { return 5ms + n * (20ms + nanoseconds(20 * ppm)); });
        c.run_for(1s);
        const auto f = c.run_for(600s);
        EXPECT_LE(f.mean_wait(), 3ms) << ppm;
        EXPECT_LE(f.late, f.messages / 10) << ppm;
    }
}

// Nearly all frames meet their message, and wait no longer than the jitter requires.
TEST(arrival_watch, frame_time_lies_behind_the_jitter) {
    for (const unsigned jitter_us : {3000U, 8000U, 15'000U})
        test::for_each_seed(20, [=](unsigned seed) {
            std::mt19937 random(seed);
            watched_caller c([&](int n) { return 3ms + n * 20ms + std::chrono::microseconds(random() % jitter_us); });
            c.run_for(10s);
            const auto f = c.run_for(60s);
            EXPECT_LE(f.mean_wait(), std::chrono::microseconds(jitter_us / 2) + 3ms) << test::replay(seed);
            EXPECT_LE(f.late, f.messages / 8) << test::replay(seed);
            return !testing::Test::HasFailure();
        });
}

TEST(arrival_watch, caller_that_jitters_no_more_is_heard_soon_again) {
    std::mt19937 random(1);
    watched_caller c(
        [&](int n) { return 3ms + n * 20ms + (n < 1000 ? std::chrono::microseconds(random() % 15'000) : 0us); });
    c.run_for(20s);
    c.run_for(5s);
    EXPECT_LE(c.run_for(20s).mean_wait(), 3ms);
}

TEST(arrival_watch, caller_that_pauses_is_found_again) {
    watched_caller c([](int n) { return n < 500 ? 5ms + n * 20ms : 13ms + n * 20ms + 5s; });
    c.run_for(9s);
    c.run_for(7s);
    const auto f = c.run_for(10s);
    EXPECT_LE(f.mean_wait(), 2ms);
    EXPECT_LE(f.late, 1);
}

TEST(arrival_watch, burst_at_the_start_shows_nothing) { // Asterisk's Answer()
    watched_caller c([](int n) { return n < 25 ? 507ms : 513ms + (n - 25) * 20ms; });
    c.run_for(2s);
    const auto f = c.run_for(10s);
    EXPECT_LE(f.mean_wait(), 2ms);
}

TEST(arrival_watch, messages_that_last_longer_than_our_frames_are_not_missed_between) {
    watched_caller c([](int n) { return 5ms + n * 60ms; });
    c.run_for(3s);
    const auto f = c.run_for(12s);
    EXPECT_LE(f.mean_wait(), 2ms);
    EXPECT_NEAR(f.frames, 600, 1) << "the frame time stays";
}

// Frames that are late because our own thread stood still are sent afterwards. They do not move the other frames.
TEST(arrival_watch, standstill_of_our_own_moves_nothing) {
    arrival_watch w(20ms, 1ms);
    const time_point start{std::chrono::hours{1000}};
    std::optional<nanoseconds> shift;
    for (int n = 0; !shift && n < 50; ++n) {
        w.arrived(start + 2s + n * 20ms + 3ms, start + n * 20ms);
        shift = w.take_shift();
        w.frame_passed(start + n * 20ms);
    }
    ASSERT_TRUE(shift);
    EXPECT_EQ(*shift, 3ms);
}
