// SPDX-License-Identifier: Apache-2.0
// A process that is disturbed: by signals, by kills, by steps of the clock, by resets.
#include "faults_test.hpp"

#include <csignal>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class disturbance : public faults_test {
  protected:
    // Sends these signals to the server by turns, a thousand a second, while it lives.
    class storm {
      public:
        storm(process& to, std::vector<int> numbers)
            : thread_([&to, all = std::move(numbers)](const std::stop_token& stop) {
                  for (std::size_t n = 0; !stop.stop_requested(); ++n) {
                      ::kill(to.id(), all[n % all.size()]);
                      std::this_thread::sleep_for(std::chrono::milliseconds(1));
                  }
              }) {}

      private:
        std::jthread thread_;
    };

    // Echoes this through the server, and expects each sample.
    void expect_whole_echo(std::size_t samples) {
        const auto heard = folder / "echo.slin";
        const auto one =
            call({"--play", numbered_file("said.wav", samples).string(), "--record", heard.string(), "--json"});
        EXPECT_EQ(one.code, 0) << one.out << one.err;
        expect_in_order(numbers(samples), read_mono(heard));
    }

    void expect_ended(const std::string& reason) {
        EXPECT_TRUE(server->wait_for_output(R"("reason":")" + reason)) << reason << '\n' << server->out;
    }
};

} // namespace

TEST_F(disturbance, storm_of_signals_harms_no_call_and_reload_and_drain_work_right_behind_it) {
    const auto settings = folder / "server.toml";
    std::ofstream(settings) << "echo = true\n";
    serve({"--config", settings.string(), "--record", (folder / "rec").string(), "--shards", "2"});
    {
        const storm all(*server, {SIGHUP, SIGUSR1, SIGCHLD, SIGWINCH, SIGPIPE, SIGURG, SIGCONT});
        expect_whole_echo(16'000);
    }
    std::ofstream(settings) << "echo = true\nmax-calls = 7\n";
    server->signal(SIGHUP);
    EXPECT_TRUE(server->wait_for_output(R"("max-calls")")) << server->out.substr(0, 2000);
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(server->times_said(R"("event":"recording_failed")"), 0U);
    EXPECT_GT(sound_reader(only_file(folder / "rec")).duration().value(), std::chrono::seconds(2));
}

TEST_F(disturbance, storm_of_signals_harms_no_call_of_the_gateway) {
    scripted_back_end bot(plays(numbers(16'000)));
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    const storm all(*server, {SIGHUP, SIGUSR1, SIGCHLD, SIGWINCH, SIGPIPE, SIGURG, SIGCONT});
    const auto one = converse();
    EXPECT_TRUE(one.hung_up()) << one.report;
    expect_in_order(numbers(16'000), one.heard);
}

// A process that is killed cannot say what was lost. Its files end where the last write ended.
TEST_F(disturbance, killed_gateway_leaves_a_tape_that_can_be_read) {
    scripted_back_end bot({.opened = [](auto& one) { one.play(numbers(80'000)); }});
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--tape", (folder / "tapes").string()});
    raw_peer caller = raw_caller();
    caller.receive_bytes(100 * 323); // two seconds
    const auto file = only_file(folder / "tapes");
    ASSERT_TRUE(eventually([&] { return std::filesystem::file_size(file) > 1000; }));
    server->signal(SIGKILL);
    EXPECT_EQ(server->wait(), 128 + SIGKILL);
    const auto shown = run({"inspect", file.string()});
    EXPECT_NE(shown.out.find("dialect pcm"), std::string::npos) << shown.out << shown.err;
    EXPECT_NE(shown.out.find("play "), std::string::npos) << shown.out << shown.err;
}

TEST_F(disturbance, steps_of_the_wall_clock_move_no_frame_and_end_no_call) {
#ifdef AUDIOSOCKET_SANITIZED
    GTEST_SKIP() << skipped("a library cannot be loaded before that of a sanitizer");
#else
    const auto offset = folder / "offset";
    const auto step_to = [&](long seconds) {
        std::ofstream(folder / "next") << seconds << '\n';
        std::filesystem::rename(folder / "next", offset);
    };
    step_to(0);
    const environment_variable preload("LD_PRELOAD", AUDIOSOCKET_STEPPED_CLOCK);
    const environment_variable where_offset("AUDIOSOCKET_CLOCK_OFFSET", offset.string());
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--record", (folder / "rec").string(), "--log-format", "json"}));
    std::jthread steps([&](const std::stop_token& stop) {
        for (long n = 0; !stop.stop_requested(); ++n) {
            step_to(n % 2 == 0 ? 5 * 3600 : -7 * 3600);
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    });
    expect_whole_echo(24'000);
    const auto age = get("/status");
    EXPECT_EQ(age.status, 200);
    EXPECT_EQ(get("/healthz").status, 200);
    steps = {};
    EXPECT_EQ(stop(), 0);
    EXPECT_EQ(server->times_said(R"("error":null)"), 1U) << server->out;
    EXPECT_GT(sound_reader(only_file(folder / "rec")).duration().value(), std::chrono::seconds(3));
    std::istringstream lines(server->err);
    std::set<std::string> hours;
    for (std::string one; std::getline(lines, one);)
        hours.insert(std::string(boost::json::parse(one).at("time").as_string()).substr(0, 13));
    EXPECT_GE(hours.size(), 2U) << "the clock was not stepped\n" << server->err;
#endif
}

TEST_F(disturbance, announcement_expires_by_its_age_and_not_by_the_wall_clock) {
#ifdef AUDIOSOCKET_SANITIZED
    GTEST_SKIP() << skipped("a library cannot be loaded before that of a sanitizer");
#else
    std::ofstream(folder / "offset") << "0\n";
    const environment_variable preload("LD_PRELOAD", AUDIOSOCKET_STEPPED_CLOCK);
    const environment_variable where_offset("AUDIOSOCKET_CLOCK_OFFSET", (folder / "offset").string());
    scripted_back_end bot(plays(numbers(1600)));
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--require-context", "--context-timeout", "300"});
    const std::string id = "07070707-0707-0707-0707-070707070707";
    EXPECT_EQ(ask(admin, "PUT /calls/" + id, "Content-Type: application/json\r\n", "{}").status / 100, 2);
    std::ofstream(folder / "offset") << 24 * 3600 << '\n';
    EXPECT_TRUE(converse({"--id", id}).hung_up());
    EXPECT_EQ(get("/metrics").metric("audiosocket_contexts_taken_total"), 1);
    EXPECT_EQ(get("/metrics").metric("audiosocket_contexts_expired_total"), 0);
#endif
}

TEST_F(disturbance, reset_in_each_state_of_a_call_ends_it_for_that_reason_and_leaks_nothing) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "440", "--id-timeout", "60"}));
    expect_good_call();
    ASSERT_TRUE(eventually([&] { return get("/metrics").metric("audiosocket_calls") == 0; }));
    const auto before = descriptors();
    const auto id = frame(kind::id, bytes(16, std::byte{7}));
    const auto half = [](const bytes& all, std::size_t count) {
        return bytes(all.begin(), all.begin() + static_cast<long>(count));
    };
    const auto audio = frame(kind::slin, bytes(320));
    for (const auto& sent : {bytes{}, half(id, 1), half(id, 10)}) { // before the id
        raw_peer peer(endpoint());
        peer.send(sent);
        peer.reset();
    }
    for (const auto& sent : {bytes{}, half(audio, 2), half(audio, 100), audio}) { // playing, in a header, in a payload
        raw_peer peer(endpoint());
        peer.send(id);
        peer.receive_bytes(5 * 323);
        peer.send(sent);
        peer.reset();
    }
    {
        raw_peer peer(endpoint()); // half-closed
        peer.send(id);
        peer.receive_bytes(323);
        peer.finish();
        peer.reset();
    }
    {
        raw_peer peer(endpoint()); // behind the hang-up
        peer.send(id);
        peer.send(frame(kind::hangup));
        peer.reset();
    }
    EXPECT_TRUE(server->wait_for_output_times(7, R"("event":"ended")")) << server->out; // one of them is the good call
    EXPECT_GE(server->times_said(R"("reason":"peer reset the connection")"), 4U) << server->out;
    EXPECT_TRUE(eventually([&] {
        const auto now = get("/metrics");
        return now.metric("audiosocket_calls") == 0 && now.metric("audiosocket_handshakes") == 0;
    }));
    EXPECT_TRUE(eventually([&] { return descriptors() <= before; })) << descriptors() << " instead of " << before;
    expect_good_call();
    EXPECT_EQ(stop(), 0);
}

TEST_F(disturbance, reset_of_a_server_is_reported_by_the_caller_in_each_state) {
    boost::asio::io_context io;
    raw_peer::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    const auto audio = frame(kind::slin, bytes(320));
    const auto at = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    const bytes header(audio.begin(), audio.begin() + 2);
    const bytes part(audio.begin(), audio.begin() + 100);
    for (const auto& sent : {bytes{}, header, part, audio}) {
        process caller(command({"call", at, "--duration", "300", "--json"}));
        raw_peer peer(acceptor);
        peer.receive_bytes(19 + 323);
        peer.send(sent);
        ASSERT_TRUE(peer.wait_until_read());
        peer.reset();
        EXPECT_EQ(caller.wait(), 1) << caller.out << caller.err;
        EXPECT_EQ(boost::json::parse(caller.out).at("end").at("reason").as_string(), "peer reset the connection")
            << caller.out;
    }
}
