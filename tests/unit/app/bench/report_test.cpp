// SPDX-License-Identifier: Apache-2.0
#include "bench/plot.hpp"
#include "bench/report.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace audiosocket::app::bench {
namespace {

using namespace std::chrono_literals;

struct report_of_bench : testing::Test {
    subject what{"server.example:9092", mode::echo, 0, 0, 0, {}, {}, {}};
    measurement m;

    report_of_bench() {
        m.calls = 2;
        m.duration = 10s;
        m.seen.calls_placed = m.seen.calls_up = 2;
        m.seen.frames_sent = m.seen.frames_received = m.seen.frames_returned = 1000;
        m.seen.cpu = 500ms;
        for (int i = 1; i <= 1000; ++i) {
            m.seen.round_trip.add(20ms + i * 1us);
            m.seen.jitter.add(i * 1us);
            m.seen.own_lateness.add(i * 100ns);
        }
    }
    void add_server() {
        m.server.emplace();
        m.server->pid = 42;
        m.server->cpu = 20ms;
        m.server->context_switches = 1500;
        m.server->threads = 3;
        m.server->resident_bytes_before = 1000;
        m.server->resident_bytes_idle = 2000;
        m.server->resident_bytes_up = 10'000;
    }
};

// Other tools depend on these names.
TEST_F(report_of_bench, json_has_the_promised_members) {
    add_server();
    const auto o = to_json(what, m);
    for (const char* name : {"target", "mode", "calls", "duration_s", "calls_up", "calls_failed", "calls_killed",
                             "calls_ended_by_server", "frames_sent", "frames_received", "frames_lost", "own_cpu_share"})
        EXPECT_TRUE(o.contains(name)) << name;
    for (const char* name : {"round_trip_us", "jitter_us", "first_frame_us", "own_lateness_us", "machine_overshoot_us"})
        for (const char* part : {"count", "min", "mean", "p50", "p90", "p99", "p99_9", "max"})
            EXPECT_TRUE(o.at(name).as_object().contains(part)) << name << '.' << part;
    for (const char* name : {"pid", "cpu_s", "cpu_us_per_frame", "cpu_share", "context_switches_per_frame", "threads",
                             "resident_bytes_before", "resident_bytes_up", "resident_bytes_per_call"})
        EXPECT_TRUE(o.at("server").as_object().contains(name)) << name;
}

TEST_F(report_of_bench, figures_of_the_server_are_shares_of_what_it_sent) {
    add_server();
    const auto server = to_json(what, m).at("server").as_object();
    EXPECT_DOUBLE_EQ(server.at("cpu_us_per_frame").to_number<double>(), 20);
    EXPECT_DOUBLE_EQ(server.at("cpu_share").to_number<double>(), 0.002);
    EXPECT_DOUBLE_EQ(server.at("context_switches_per_frame").to_number<double>(), 1.5);
    EXPECT_EQ(server.at("resident_bytes_per_call").to_number<int>(), 4000); // idle connections are not calls
    EXPECT_DOUBLE_EQ(to_json(what, m).at("own_cpu_share").to_number<double>(), 0.05);
}

TEST_F(report_of_bench, callers_are_named_where_they_are_special) {
    EXPECT_EQ(to_text(what, m).find("callers"), std::string::npos);
    EXPECT_EQ(to_json(what, m).at("caller_jitter_ms").to_number<double>(), 0);
    EXPECT_FALSE(to_json(what, m).contains("congestion"));
    what.caller_jitter = 2500us;
    what.congestion = "reno";
    EXPECT_NE(to_text(what, m).find("callers    each frame is sent up to 2.5 ms late\n"), std::string::npos);
    EXPECT_NE(to_text(what, m).find("congestion reno on the callers' sockets\n"), std::string::npos);
    EXPECT_EQ(to_json(what, m).at("caller_jitter_ms").to_number<double>(), 2.5);
    EXPECT_EQ(to_json(what, m).at("congestion").as_string(), "reno");
}

TEST_F(report_of_bench, playback_has_no_round_trip) {
    what.mode = mode::playback;
    const auto o = to_json(what, m);
    EXPECT_FALSE(o.contains("round_trip_us"));
    EXPECT_FALSE(o.contains("server"));
    EXPECT_EQ(to_text(what, m).find("round trip"), std::string::npos);
}

TEST_F(report_of_bench, good_server_has_no_findings) {
    EXPECT_TRUE(findings(what, m).empty());
    EXPECT_EQ(to_text(what, m).find("finding"), std::string::npos);
    EXPECT_EQ(to_text(what, m).find("warning"), std::string::npos);
}

TEST_F(report_of_bench, each_fault_is_a_finding) {
    m.seen.calls_failed = 1;
    m.seen.first_failure = ECONNREFUSED;
    m.seen.calls_killed = m.seen.calls_ended_by_server = m.seen.calls_silent = m.seen.messages_unlawful = 1;
    m.seen.frames_again = m.seen.frames_late = m.seen.samples_foreign = 1;
    --m.seen.frames_returned;
    const auto all = findings(what, m);
    EXPECT_EQ(all.size(), 9U);
    EXPECT_EQ(all.front(), "1 calls got no connection: Connection refused");
    what.mode = mode::playback;
    EXPECT_EQ(findings(what, m).size(), 5U);
}

// Playback to calls of half a second: none is long enough to count as silent.
TEST_F(report_of_bench, server_without_audio_is_a_finding_also_with_short_calls) {
    what.mode = mode::playback;
    m.seen.frames_received = m.seen.frames_returned = 0;
    EXPECT_EQ(findings(what, m), std::vector<std::string>{"no audio arrived from the server"});
    m.seen.calls_silent = 2;
    EXPECT_EQ(findings(what, m), std::vector<std::string>{"2 calls received nothing from the server"});
    m.seen.calls_silent = m.seen.frames_sent = 0; // nothing was measured
    EXPECT_TRUE(findings(what, m).empty());
}

TEST_F(report_of_bench, late_generator_is_warned_of) {
    for (int i = 0; i < 20; ++i)
        m.seen.own_lateness.add(2ms);
    EXPECT_NE(to_text(what, m).find("the generator itself was late"), std::string::npos);
    EXPECT_TRUE(to_json(what, m).at("generator_late").as_bool());
}

TEST_F(report_of_bench, picture_has_a_curve_for_each_distribution) {
    const auto svg = draw_svg(what, m);
    for (const char* words : {"round trip: p99 21 ms", "jitter: p99 0.991 ms", "99.9 %", "10 ms", "</svg>"})
        EXPECT_NE(svg.find(words), std::string::npos) << words << '\n' << svg.substr(0, 3000);
    EXPECT_EQ(svg.find("machine's sleep"), std::string::npos); // nothing is known about them
}

TEST_F(report_of_bench, picture_of_nothing_is_a_picture) {
    const auto svg = draw_svg(what, measurement{});
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    for (const char* words : {"nan", "inf"})
        EXPECT_EQ(svg.find(words), std::string::npos) << words;
}

TEST_F(report_of_bench, names_in_the_picture_are_escaped) {
    what.target = "<host>:1";
    EXPECT_NE(draw_svg(what, m).find("&lt;host&gt;:1"), std::string::npos);
}

} // namespace
} // namespace audiosocket::app::bench
