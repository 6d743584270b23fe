// SPDX-License-Identifier: Apache-2.0
#include "hand_over_test.hpp"

#include "support/busy_machine.hpp"
#include "support/held_file.hpp"

#include <list>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_hand_over : public hand_over_test {
  protected:
    // The executable under another name, so that a test may replace it.
    std::filesystem::path own_executable() const {
        const auto link = folder / "audiosocket";
        std::filesystem::create_symlink(AUDIOSOCKET_COMMAND, link);
        return link;
    }

    static void replace(const std::filesystem::path& executable, const std::string& script) {
        std::filesystem::remove(executable);
        std::ofstream(executable) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(executable, std::filesystem::perms::owner_all);
    }

    void serve_as(const std::filesystem::path& executable, std::vector<std::string> options) {
        options.insert(options.begin(), {executable.string(), "serve", "--listen", "127.0.0.1:0", "--json"});
        server = std::make_unique<process>(std::move(options));
        ASSERT_TRUE(server->wait_for_output("\n")) << server->err;
        where = boost::json::parse(server->out.substr(0, server->out.find('\n'))).at("address").as_string().c_str();
    }

    // Returns what the server has started; 0 if nothing.
    pid_t successor() const {
        const auto parent = "PPid:\t" + std::to_string(server->id());
        for (const auto& one : std::filesystem::directory_iterator("/proc")) {
            std::ifstream status(one.path() / "status");
            for (std::string line; std::getline(status, line);)
                if (line == parent) return std::stoi(one.path().filename());
        }
        return 0;
    }

    // Whether only the exit code is left of a process.
    static bool has_ended(pid_t pid) { return !std::filesystem::exists("/proc/" + std::to_string(pid) + "/fd/0"); }

    void expect_it_goes_on(raw_peer& up) {
        EXPECT_EQ(processes().size(), 1U);
        up.send(frame(kind::dtmf, raw("7")));
        EXPECT_TRUE(server->wait_for_output(R"("digit":"7")")) << server->out;
        EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
        EXPECT_FALSE(has_ended(server->id()));
    }
};

} // namespace

// The promise: callers do not notice. Calls start and end while the server is replaced twice, and longer calls continue
// through both.
TEST_F(serve_hand_over, realtime_calls_through_two_hand_overs_lose_nothing) {
    const busy_machine machine;
    serve({"--echo"});
    const auto said = numbered_file("said.wav", 8000 * 5);
    std::list<process> callers;
    std::vector<std::filesystem::path> heard;
    for (int i = 0; i < 3; ++i) {
        heard.push_back(folder / ("heard" + std::to_string(i) + ".slin"));
        callers.emplace_back(command(
            {"call", where, "--play", said.string(), "--record", heard.back().string(), "--duration", "6", "--json"}));
    }
    process load(command({"bench", where, "--calls", "30", "--churn", "25", "--call-duration", "1", "--duration", "5",
                          "--ramp", "0.5", "--json"}));
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(load.wait(std::chrono::milliseconds(1500)) == -1) << load.err; // it is in the middle of the call
        hand_over();
    }
    const int code = load.wait();
    const auto report = boost::json::parse(load.out);
    EXPECT_EQ(report.at("calls_failed").to_number<int>(), 0);
    EXPECT_EQ(report.at("frames_late").to_number<int>(), 0);

    for (process& one : callers) {
        EXPECT_EQ(one.wait(), 0) << one.out << one.err;
        EXPECT_EQ(boost::json::parse(one.out).at("end").at("reason").as_string(), "hung up") << one.out;
    }
    const auto whole = numbers(8000 * 5);
    const auto pids = processes();
    EXPECT_EQ(std::set(pids.begin(), pids.end()).size(), 3U);
    stop_last();
    in_real_time(machine, [&] {
        EXPECT_EQ(code, 0) << load.out << load.err; // every call was held
        EXPECT_EQ(report.at("frames_lost").to_number<int>(), 0);
        EXPECT_GT(report.at("calls_placed").to_number<int>(), 100);
        EXPECT_LT(report.at("jitter_us").at("max").to_number<double>(), 60'000); // what the conformance cases allow
        for (const auto& file : heard)
            expect_whole(whole, read_mono(file));
    });
}

TEST_F(serve_hand_over, case_50_of_the_check_passes_strictly) {
    serve({"--echo"});
    const auto result = run({"check", where, "--only", "50", "--strict", "--json", "--hand-over",
                             "kill -USR2 " + std::to_string(server->id())});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_EQ(result.json().at("passed").to_number<int>(), 1) << result.out;
    EXPECT_TRUE(server->wait_for_output("handed over to process"));
    EXPECT_EQ(processes().size(), 2U);
    stop_last();
}

TEST_F(serve_hand_over, connection_without_an_id_is_still_a_call_of_the_old_process) {
    serve({});
    raw_peer early(endpoint());
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0); // came later, so the early one has been accepted
    hand_over();
    early.send(frame(kind::id, bytes(16, std::byte{9})));
    EXPECT_FALSE(early.receive_bytes(323).empty());
    early.finish();
    early.receive_all();
    EXPECT_TRUE(eventually([&] { return has_ended(server->id()); })); // it was the last call
    stop_last();
}

TEST_F(serve_hand_over, drain_timeout_ends_the_calls_of_the_old_process_in_order) {
    serve({"--drain-timeout", "0.5"});
    process caller(command({"call", where, "--duration", "100", "--json"}));
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    hand_over();
    ASSERT_TRUE(server->wait_for_output(R"("reason":"--drain-timeout","calls":1,"drain_seconds":0)")) << server->out;
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_NE(caller.out.find("\"peer hung up\""), std::string::npos) << caller.out;
    stop_last();
}

TEST_F(serve_hand_over, sigterm_after_it_is_the_first_and_lets_calls_end) {
    serve({});
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    hand_over();
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":1,"drain_seconds":80)")) << server->out;
    up.send(frame(kind::dtmf, raw("7")));
    EXPECT_TRUE(server->wait_for_output(R"("digit":"7")")) << server->out;
    server->signal(SIGTERM);
    EXPECT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":1,"drain_seconds":0)")) << server->out;
    up.finish();
    stop_last();
}

// The hand-over starts the file that now has the executable's name, not the file from before.
TEST_F(serve_hand_over, replaced_program_is_the_one_that_is_started) {
    const auto executable = own_executable();
    serve_as(executable, {});
    const auto trace = folder / "trace";
    replace(executable, "echo new > '" + trace.string() + "'; exec " AUDIOSOCKET_COMMAND " \"$@\"");
    hand_over();
    EXPECT_TRUE(std::filesystem::exists(trace));
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    stop_last();
}

TEST_F(serve_hand_over, missing_executable_is_reported_and_the_server_goes_on) {
    const auto executable = own_executable();
    serve_as(executable, {});
    raw_peer up = raw_caller();
    std::filesystem::remove(executable);
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("cannot be started: No such file or directory")) << server->out;
    expect_it_goes_on(up);
    up.finish();
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_hand_over, successor_that_cannot_begin_is_reported_and_the_server_goes_on) {
    const auto sound = numbered_file("sound.wav", 800);
    serve({"--play", sound.string()});
    raw_peer up = raw_caller();
    std::filesystem::remove(sound);
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("it ended with exit code 4")) << server->out;
    EXPECT_NE(server->out.find("hand_over_failed"), std::string::npos);
    EXPECT_TRUE(server->wait_for_errors("hand-over failed, and this process goes on")) << server->err;
    expect_it_goes_on(up);

    numbered_file("sound.wav", 800); // and then it works
    hand_over();
    up.finish();
    stop_last();
}

TEST_F(serve_hand_over, successor_that_crashes_is_reported_and_the_server_goes_on) {
    const auto executable = own_executable();
    serve_as(executable, {});
    raw_peer up = raw_caller();
    replace(executable, "kill -SEGV $$");
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("it was ended by signal 11")) << server->out;
    expect_it_goes_on(up);
    up.finish();
    EXPECT_EQ(stop(), 0);
}

// Failures after the settings have been read: their own message and exit code must get through.
TEST_F(serve_hand_over, successor_whose_admin_port_is_taken_tells_why_and_the_server_goes_on) {
    boost::asio::io_context io;
    const raw_peer::tcp::acceptor taken(io, {boost::asio::ip::address_v4::loopback(), 0});
    const auto file = folder / "server.toml";
    std::ofstream(file) << "echo = true\n";
    serve({"--config", file.string()});
    raw_peer up = raw_caller();
    std::ofstream(file) << "admin = \"127.0.0.1:" << taken.local_endpoint().port() << "\"\n";
    for (int i = 0; i < 5; ++i) { // a race: one in twenty was won
        server->out.clear();
        server->err.clear();
        server->signal(SIGUSR2);
        ASSERT_TRUE(server->wait_for_output("it ended with exit code 3")) << server->out;
        EXPECT_TRUE(server->wait_for_errors("Address already in use")) << server->err;
    }
    up.send(frame(kind::dtmf, raw("7")));
    EXPECT_TRUE(server->wait_for_output(R"("digit":"7")")) << server->out;
    up.finish();
    EXPECT_EQ(stop(), 0);
}

// A successor that closes the pipe ends soon, with its own exit code, or is killed. The calls do not wait for that.
TEST_F(serve_hand_over, successor_that_takes_its_time_to_end_is_given_some) {
    const auto executable = own_executable();
    serve_as(executable, {});
    raw_peer up = raw_caller();
    replace(executable, "exec 4>&-; sleep 0.3; exit 7");
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("it ended with exit code 7")) << server->out;
    replace(executable, "exec 4>&-; exec sleep 60");
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("it reported that it will not be ready, but it does not end")) << server->out;
    expect_it_goes_on(up);
    up.finish();
    EXPECT_EQ(stop(), 0); // it waits until the sleeper has closed the inherited output
}

// The successor's settings may lack the admin address. Peers could still connect there, but would get no answer.
TEST_F(serve_hand_over, inherited_socket_without_use_is_closed_and_reported) {
    const auto file = folder / "server.toml";
    std::ofstream(file) << "admin = \"127.0.0.1:0\"\n";
    serve({"--config", file.string()});
    ASSERT_TRUE(server->wait_for_output(R"("event":"admin")"));
    const auto port = std::stoi(server->out.substr(server->out.rfind(R"("port":)") + 7));
    const raw_peer::tcp::endpoint admin{boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)};
    EXPECT_NO_THROW(raw_peer{admin});
    std::ofstream(file) << "echo = true\n";
    hand_over();
    EXPECT_TRUE(server->wait_for_errors("a socket named admin was inherited, but there is no --admin")) << server->err;
    EXPECT_TRUE(eventually([&] { return has_ended(server->id()); })); // it has nothing left to do
    EXPECT_THROW(raw_peer{admin}, boost::system::system_error);       // refused
    stop_last();
}

TEST_F(serve_hand_over, sighup_of_a_successor_that_is_still_starting_is_heard_when_it_has_started) {
    const auto sound = numbered_file("said.wav", 800);
    serve({"--play", sound.string()});
    held_file slow(sound);
    if (!slow) GTEST_SKIP() << skipped("the file system of " + folder.string() + " has no leases");
    server->signal(SIGUSR2);
    ASSERT_TRUE(slow.wait_for_reader());
    const pid_t fresh = successor();
    ASSERT_NE(fresh, 0);
    kill(fresh, SIGHUP);
    slow.release();
    ASSERT_TRUE(server->wait_for_output("handed over to process " + std::to_string(fresh))) << server->out;
    EXPECT_TRUE(server->wait_for_output("\"reloaded\"")) << server->out;
    stop_last();
}

TEST_F(serve_hand_over, exit_after_ends_the_successor_that_is_starting_as_well) {
    const auto executable = own_executable();
    serve_as(executable, {"--exit-after", "1"});
    replace(executable, "exec sleep 60");
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("handing_over")) << server->out;
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(server->wait(), 0) << server->out;
}

TEST_F(serve_hand_over, second_signal_while_one_is_starting_is_ignored_and_stopping_ends_that_one) {
    const auto executable = own_executable();
    serve_as(executable, {});
    replace(executable, "exec sleep 60");
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("handing_over")) << server->out;
    server->signal(SIGUSR2);
    ASSERT_TRUE(server->wait_for_output("a successor is starting already")) << server->out;
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(stop(), 0); // it waits until the sleeper has closed the inherited output
}

// The old process keeps its open files to itself. A call that the successor shared would never be closed.
TEST_F(serve_hand_over, successor_has_no_call_of_the_old_process) {
    const auto sockets = [](pid_t pid) {
        std::set<std::string> all;
        for (const auto& file : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
            std::error_code gone;
            const auto what = std::filesystem::read_symlink(file, gone).string();
            if (what.starts_with("socket:")) all.insert(what);
        }
        return all;
    };
    serve({"--record", (folder / "calls").string()});
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    const auto before = sockets(server->id());
    EXPECT_EQ(before.size(), 2U); // the port and the call
    hand_over();
    // The channel to the old process is closed a moment after its byte.
    EXPECT_TRUE(eventually([&] { return sockets(processes().back()).size() == 1; })); // the port
    const auto after = sockets(processes().back());
    EXPECT_TRUE(std::includes(before.begin(), before.end(), after.begin(), after.end()));
    EXPECT_EQ(sockets(server->id()).size(), 1U); // the call
    up.finish();
    stop_last();
}
