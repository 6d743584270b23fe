// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity.hpp"
#include "bench/capacity_report.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <random>

namespace audiosocket::app::bench {
namespace {

using namespace std::chrono_literals;

// Searches the capacity of a server that holds `holds` calls. Returns the result and the number of steps.
struct answer {
    std::size_t held;
    int steps;
};
answer search(std::size_t holds, std::size_t first, std::size_t calls_max) {
    capacity_search s(first, calls_max);
    int steps = 0;
    while (const auto calls = s.next()) {
        EXPECT_LE(*calls, calls_max);
        EXPECT_GT(*calls, 0U);
        EXPECT_LT(++steps, 80);
        if (*calls <= holds)
            s.held();
        else
            s.failed();
        if (steps >= 80) break;
    }
    return {s.most_held(), steps};
}

TEST(capacity_search, finds_every_capacity_within_5_percent) {
    for (std::size_t holds = 1; holds < 5000; holds += 1 + holds / 9) {
        const auto found = search(holds, 100, 100'000);
        EXPECT_LE(found.held, holds);
        EXPECT_GE(static_cast<double>(found.held), static_cast<double>(holds) * 0.94 - 1) << holds;
    }
}

TEST(capacity_search, server_that_holds_none_ends_the_search) {
    EXPECT_EQ(search(0, 100, 100'000).held, 0U);
}

// The same on a machine that is disturbed in the steps for which `disturbed` returns true.
std::size_t search_disturbed(std::size_t holds, const std::function<bool(int step)>& disturbed) {
    capacity_search s(100, 100'000);
    int steps = 0;
    while (const auto calls = s.next()) {
        if (++steps > 100) break;
        if (*calls <= holds && !disturbed(steps))
            s.held();
        else
            s.failed();
    }
    EXPECT_LE(steps, 100);
    return s.most_held();
}

TEST(capacity_search, one_bad_step_changes_nothing) {
    for (int bad = 1; bad < 20; ++bad)
        EXPECT_GE(search_disturbed(1000, [bad](int step) { return step == bad; }), 940U) << bad;
}

// A search reported 475 right after a run with 1,000 calls: 800 had failed twice and was never tried again.
TEST(capacity_search, two_bad_steps_in_a_row_are_found_out) {
    for (int bad = 1; bad < 20; ++bad)
        EXPECT_GE(search_disturbed(1000, [bad](int step) { return step == bad || step == bad + 1; }), 940U) << bad;
}

TEST(capacity_search, machine_that_is_always_disturbed_ends_the_search) {
    test::for_each_seed(50, [](unsigned seed) {
        std::mt19937 engine(seed);
        search_disturbed(1000, [&](int) { return engine() % 2 == 0; });
        EXPECT_FALSE(testing::Test::HasFailure()) << test::replay(seed);
        return !testing::Test::HasFailure();
    });
    EXPECT_EQ(search_disturbed(1000, [](int) { return true; }), 0U);
}

TEST(capacity_search, stops_at_what_we_can_do) {
    EXPECT_EQ(search(100'000, 100, 1000).held, 1000U);
    EXPECT_EQ(search(100'000, 100, 100).held, 100U);
    EXPECT_EQ(search(100'000, 100, 30).held, 30U);
}

// Returns a measurement of a server without faults.
struct judged : testing::Test {
    measurement m;
    bounds allowed{5ms, 1000};

    judged() {
        m.calls = 100;
        m.duration = 3s;
        m.seen.cpu_busiest = 1s;
        m.seen.frames_sent = m.seen.frames_returned = 10'000;
        for (int i = 0; i < 1000; ++i) {
            m.seen.jitter.add(1ms);
            m.seen.round_trip.add(20ms);
            m.seen.own_lateness.add(100us);
        }
    }
    bound verdict(mode what = mode::echo) const { return judge(m, what, allowed); }
    static void spoil(histogram& h, std::chrono::nanoseconds value) {
        for (int i = 0; i < 20; ++i)
            h.add(value);
    }
};

TEST_F(judged, good_server_is_bounded_by_nothing) {
    EXPECT_EQ(verdict(), bound::none);
    EXPECT_EQ(verdict(mode::playback), bound::none);
}

TEST_F(judged, jitter_and_round_trip_are_bounded) {
    spoil(m.seen.round_trip, 26ms);
    EXPECT_EQ(verdict(), bound::round_trip);
    EXPECT_EQ(verdict(mode::playback), bound::none);
    spoil(m.seen.jitter, 6ms);
    EXPECT_EQ(verdict(), bound::jitter);
    EXPECT_EQ(verdict(mode::playback), bound::jitter);
}

// A server that smooths uneven arrivals holds each frame back for as long as callers may be late.
TEST_F(judged, round_trip_of_uneven_callers_may_be_longer_by_their_jitter) {
    allowed.caller_jitter = 15ms;
    spoil(m.seen.round_trip, 39ms);
    EXPECT_EQ(verdict(), bound::none);
    spoil(m.seen.round_trip, 41ms);
    EXPECT_EQ(verdict(), bound::round_trip);
}

TEST_F(judged, lost_frames_bound_from_one_in_a_thousand_on) {
    m.seen.frames_returned -= 10;
    EXPECT_EQ(verdict(), bound::none);
    m.seen.frames_returned -= 1;
    EXPECT_EQ(verdict(), bound::frames_lost);
}

TEST_F(judged, late_or_busy_generator_judges_no_server) {
    spoil(m.seen.jitter, 60ms);
    spoil(m.seen.own_lateness, 2ms);
    EXPECT_EQ(verdict(), bound::generator);
    m.seen.own_lateness = histogram();
    EXPECT_EQ(verdict(), bound::jitter);
    m.seen.cpu_busiest = 2950ms;
    EXPECT_EQ(verdict(), bound::generator);
}

TEST_F(judged, lost_calls_bound_whatever_else) {
    m.seen.calls_silent = 1;
    EXPECT_EQ(verdict(), bound::calls_silent);
    m.seen.calls_ended_by_server = 1;
    EXPECT_EQ(verdict(), bound::calls_ended);
    m.seen.calls_killed = 1;
    EXPECT_EQ(verdict(), bound::calls_killed);
    m.seen.calls_failed = 1;
    m.seen.first_failure = ECONNREFUSED;
    EXPECT_EQ(verdict(), bound::calls_failed);
    m.seen.first_failure = EMFILE;
    EXPECT_EQ(verdict(), bound::own_limits);
}

TEST_F(judged, capacity_is_reported_with_its_bound) {
    m.server.emplace().cpu = 1500ms;
    capacity found;
    found.calls = 100;
    found.bounded_by = bound::jitter;
    found.steps = {{m, bound::none}, {m, bound::jitter}};
    EXPECT_DOUBLE_EQ(found.calls_a_core(), 200);
    EXPECT_EQ(to_text(found, allowed),
              "100 calls: with more, the jitter's p99 exceeds 5 ms\n200 calls for each core of the server\n");
    found.bounded_by = bound::generator;
    EXPECT_TRUE(to_text(found, allowed).starts_with("at least 100 calls: with more, the generator itself"));
}

} // namespace
} // namespace audiosocket::app::bench
