// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/busy_machine.hpp"

#include <sstream>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// What happens to the calls and to the lines when the server's output is not read.
class serve_output : public command_test {
  protected:
    // Calls that connect, hear a frame and end, one after the other. Each causes two lines of output and log. They come
    // from many addresses, because an address has a quota of lines and events.
    void come_and_go(std::size_t calls) const {
        for (std::size_t i = 0; i < calls; ++i) {
            raw_peer caller(endpoint(), "127.0.0." + std::to_string(2 + i % 50));
            caller.send(frame(kind::id, bytes(16, std::byte{7})));
            ASSERT_FALSE(caller.receive_bytes(323).empty());
        }
    }

    // Expects that each line is complete.
    std::vector<boost::json::value> printed() const {
        std::vector<boost::json::value> lines;
        std::istringstream in(server->out);
        for (std::string line; std::getline(in, line);)
            lines.push_back(boost::json::parse(line));
        return lines;
    }
};

// A call prints 700 bytes: enough calls for a pipe of 64 KiB and for the queue of a mebibyte behind it.
constexpr std::size_t too_many_calls = 2000;

} // namespace

TEST_F(serve_output, reader_that_stops_reading_stops_no_call_and_later_learns_what_it_missed) {
    const auto said = numbered_file("said.wav", 8000);
    serve({"--echo"});
    recorded_call before(where, folder / "before.slin", {"--play", said.string()});
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    come_and_go(too_many_calls);
    recorded_call after(where, folder / "after.slin", {"--play", said.string()});
    // If the server waited for its reader, nothing more would come.
    for (recorded_call* one : {&before, &after}) {
        EXPECT_TRUE(one->wait_for_sound(8000));
        EXPECT_EQ(one->hang_up(), 0) << one->caller().out << one->caller().err;
        expect_in_order(numbers(8000), one->heard());
    }

    ASSERT_TRUE(server->wait_for_output("\"lost\""));
    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
    EXPECT_EQ(call({"--id", id, "--duration", "0.1"}).code, 0);
    ASSERT_TRUE(server->wait_for_output("\"ended\",\"id\":\"" + id));
    EXPECT_EQ(stop(), 0) << server->err;

    std::size_t accounted = 0;
    std::size_t lost_lines = 0;
    for (const auto& line : printed()) {
        const bool lost = line.at("event").as_string() == "lost";
        lost_lines += lost ? 1 : 0;
        accounted += lost ? line.at("lines").to_number<std::size_t>() : 1;
    }
    EXPECT_EQ(lost_lines, 1U);
    const std::size_t calls = too_many_calls + 3;
    EXPECT_EQ(accounted, 1 + 2 * calls + 1); // listening, started and ended, stopping
}

TEST_F(serve_output, realtime_reader_that_stops_reading_costs_no_call_its_pace) {
    const busy_machine machine;
    const auto said = numbered_file("said.wav", 40'000);
    serve({"--echo"});
    recorded_call caller(where, folder / "heard.slin", {"--play", said.string()});
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    come_and_go(too_many_calls);
    EXPECT_TRUE(caller.wait_for_sound(40'000));
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    const auto report = boost::json::parse(caller.caller().out);
    in_real_time(machine, [&] {
        const double seconds = report.at("seconds").to_number<double>();
        EXPECT_NEAR(report.at("frames").to_number<double>(), seconds * 50, 10) << report;
        EXPECT_LT(report.at("gap_max_ms").to_number<double>(), 100) << report;
    });
}

TEST_F(serve_output, end_is_not_held_up_by_a_reader_that_does_not_read) {
    serve({});
    come_and_go(200); // more than a pipe holds
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait_unread(), 4);
}

// The last lines went to standard error without a limit.
TEST_F(serve_output, end_is_not_held_up_where_both_outputs_are_not_read) {
    serve({"--log-format", "json", "-v"});
    come_and_go(1000); // more than both pipes hold
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait_unread(), 4);
}

TEST_F(serve_output, events_of_one_peer_are_bounded_and_those_left_out_are_counted) {
    serve({"--echo"});
    constexpr int digits = 20'000;
    {
        auto flood = raw_caller();
        bytes keys;
        for (int i = 0; i < 100; ++i)
            keys = keys + frame(kind::dtmf, raw("5"));
        for (int i = 0; i < digits / 100; ++i) {
            flood.send(keys);
            ASSERT_FALSE(flood.receive_bytes(323).empty()); // data that waits for the application is limited as well
        }
        raw_peer other(endpoint(), "127.0.0.2");
        other.send(frame(kind::id, bytes(16, std::byte{9})) + frame(kind::dtmf, raw("7")));
        ASSERT_TRUE(server->wait_for_output(R"("digit":"7")"));
    }
    ASSERT_TRUE(server->wait_for_output(R"("event":"left_out","peer":"127.0.0.1","events":)"));
    ASSERT_TRUE(server->wait_for_output_times(2, R"("event":"ended")"));
    EXPECT_EQ(stop(), 0) << server->err;
    std::size_t accounted = 0;
    std::size_t shown = 0;
    std::size_t dropped = 0;
    for (const auto& line : printed()) {
        const auto& event = line.at("event").as_string();
        if (event == "left_out") accounted += line.at("events").to_number<std::size_t>();
        if (event == "dtmf") ++shown;
        if (event == "ended") dropped += line.at("statistics").at("digits_dropped").to_number<std::size_t>();
    }
    EXPECT_EQ(accounted + shown + dropped, digits + 1U);
    EXPECT_GE(shown, 501U);
}

TEST_F(serve_output, events_that_find_no_room_on_the_disk_are_an_error) {
    process full({"/bin/sh", "-c", "exec \"$0\" serve --listen 127.0.0.1:0 --json >/dev/full", AUDIOSOCKET_COMMAND});
    ASSERT_TRUE(full.wait_for_errors("\n"));
    full.signal(SIGTERM);
    EXPECT_EQ(full.wait(), 4);
    EXPECT_NE(full.err.find("audiosocket: standard output cannot be written: No space left"), std::string::npos)
        << full.err;
}

// Happens with "| head", which the server reported as an error.
TEST_F(serve_output, reader_that_has_gone_is_reported_once_and_calls_go_on) {
    serve({"--exit-after", "3"});
    server->close_output();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(server->wait(), 0);
    const std::string warning = "so no more events are printed";
    const auto warned_at = server->err.find(warning);
    ASSERT_NE(warned_at, std::string::npos) << server->err;
    EXPECT_EQ(server->err.find(warning, warned_at + 1), std::string::npos) << server->err;
}
