// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/held_file.hpp"

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// How a server stops with calls in progress.
class serve_stop : public command_test {
  protected:
    // Starts a call that only the server will end soon.
    std::unique_ptr<process> long_call() {
        auto caller = std::make_unique<process>(command({"call", where, "--duration", "100", "--json"}));
        EXPECT_TRUE(server->wait_for_output("\"started\"")) << server->out;
        return caller;
    }

    // Stops the server, and waits until it reports that with these words.
    void stop_with(int signal, const std::string& said) const {
        server->signal(signal);
        ASSERT_TRUE(server->wait_for_output(said)) << server->out;
    }

    static void expect_hung_up_in_order(process& caller) {
        EXPECT_EQ(caller.wait(), 0) << caller.out << caller.err;
        EXPECT_NE(caller.out.find("\"end\":{\"reason\":\"peer hung up\",\"error\":null}"), std::string::npos)
            << caller.out;
    }
};

const std::string draining = R"("event":"stopping","reason":"SIGTERM","calls":1,"drain_seconds":80)";

} // namespace

TEST_F(serve_stop, sigterm_refuses_new_calls_and_lets_the_live_one_finish) {
    serve({"--echo"});
    const auto said = numbered_file("said.wav", 16'000);
    recorded_call caller(where, folder / "heard.slin", {"--play", said.string()});
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    stop_with(SIGTERM, draining);
    EXPECT_THROW(raw_peer{endpoint()}, boost::system::system_error); // refused

    EXPECT_TRUE(caller.wait_for_sound(16'000));
    EXPECT_EQ(server->wait(std::chrono::milliseconds(100)), -1) << "ended while a call was in progress";
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out;
    const auto report = boost::json::parse(caller.caller().out);
    EXPECT_EQ(report.at("end").at("reason").as_string(), "hung up"); // by the caller
    expect_in_order(numbers(16'000), caller.heard());
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_stop, sigterm_does_not_wait_for_connections_without_an_id) {
    serve({});
    raw_peer silent(endpoint());
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0); // the later one was accepted, so the silent one was as well
    EXPECT_EQ(stop(), 0);
    EXPECT_TRUE(silent.receive_all().all.empty());
    EXPECT_EQ(server->err.find("no call:"), std::string::npos) << server->err;
}

TEST_F(serve_stop, drain_timeout_hangs_up_in_order) {
    serve({"--drain-timeout", "0.5"});
    const auto caller = long_call();
    stop_with(SIGTERM, R"("drain_seconds":0.5)");
    ASSERT_TRUE(server->wait_for_output(R"("reason":"--drain-timeout","calls":1,"drain_seconds":0)")) << server->out;
    expect_hung_up_in_order(*caller);
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_stop, second_signal_hangs_up_in_order) {
    for (const int second : {SIGTERM, SIGINT}) {
        serve({});
        const auto caller = long_call();
        stop_with(SIGTERM, draining);
        server->signal(second);
        expect_hung_up_in_order(*caller);
        EXPECT_EQ(server->wait(), 0) << server->err;
    }
}

TEST_F(serve_stop, sigint_hangs_up_at_once_and_in_order) {
    serve({});
    const auto caller = long_call();
    stop_with(SIGINT, R"("event":"stopping","reason":"SIGINT","calls":1,"drain_seconds":0)");
    expect_hung_up_in_order(*caller);
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_stop, drain_timeout_of_zero_hangs_up_at_once) {
    serve({"--drain-timeout", "0"});
    const auto caller = long_call();
    stop_with(SIGTERM, R"("reason":"SIGTERM","calls":1,"drain_seconds":0)");
    expect_hung_up_in_order(*caller);
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_stop, signal_while_hanging_up_ends_the_program) {
    serve({});
    const raw_peer deaf = raw_caller(); // does not close its side, so that the server keeps listening for a second
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    stop_with(SIGINT, "\"stopping\"");
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), 1);
    EXPECT_EQ(server->out.find("\"ended\""), std::string::npos) << server->out;
}

// The disk thread waits for a disk that may never answer.
TEST_F(serve_stop, third_signal_ends_a_program_whose_disk_hangs) {
    const auto sound = numbered_file("said.wav", 8000);
    serve({"--play", sound.string()});
    const held_file hung(sound);
    if (!hung) GTEST_SKIP() << skipped("the file system of " + folder.string() + " has no leases");
    server->signal(SIGHUP); // which loads the file again
    ASSERT_TRUE(hung.wait_for_reader());
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":0,"drain_seconds":80)")) << server->out;
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":0,"drain_seconds":0)")) << server->out;
    EXPECT_EQ(server->wait(std::chrono::milliseconds(100)), -1);
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), 1) << server->out;
}

TEST_F(serve_stop, exit_after_lets_the_other_calls_finish) {
    serve({"--exit-after", "1"});
    process other(command({"call", where, "--duration", "100", "--json"}));
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"--exit-after","calls":1)")) << server->out;
    other.signal(SIGINT);
    EXPECT_EQ(other.wait(), 0) << other.out;
    EXPECT_EQ(boost::json::parse(other.out).at("end").at("reason").as_string(), "hung up") << other.out;
    EXPECT_EQ(server->wait(), 0) << server->err;
}
