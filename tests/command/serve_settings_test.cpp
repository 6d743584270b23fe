// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/environment.hpp"
#include "support/held_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

// A server with a settings file, which is read again on SIGHUP.
class serve_settings : public command_test {
  protected:
    std::string write_settings(const std::string& text) const {
        const auto file = folder / "server.toml";
        std::ofstream(file) << text;
        return file.string();
    }

    void serve_with(const std::string& text, std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"--config", write_settings(text)});
        serve(std::move(options));
    }

    // Writes new settings and returns the server's report about them.
    json::value reload(const std::string& text) {
        write_settings(text);
        const auto before = server->out.size();
        server->signal(SIGHUP);
        EXPECT_TRUE(server->wait_for_output("\"reload")) << server->err;
        while (server->out.find('\n', server->out.find("\"reload", before)) == std::string::npos)
            if (!server->wait_for_output_times(server->times_said("\n") + 1, "\n")) break;
        const auto begin = server->out.rfind('\n', server->out.find("\"reload", before)) + 1;
        const auto line = server->out.substr(begin, server->out.find('\n', begin) - begin);
        server->out.clear();
        return json::parse(line);
    }

    // Returns what a new call hears, when it has this many samples that are not silence.
    std::vector<std::int16_t> heard(std::size_t samples) const {
        recorded_call one(where, folder / "heard.slin");
        EXPECT_TRUE(one.wait_for_sound(samples));
        EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
        return one.heard();
    }

    // Whether a new call hears the tone.
    bool plays_a_tone() const {
        return std::ranges::any_of(heard(800), [](std::int16_t s) { return s > 1000; });
    }

    // Whether a new call that sends nothing hears nothing.
    bool is_silent() {
        const auto file = folder / "heard.slin";
        EXPECT_EQ(call({"--record", file.string(), "--duration", "0.5"}).code, 0);
        return std::ranges::all_of(read_mono(file), [](std::int16_t s) { return s == 0; });
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_F(serve_settings, file_says_what_is_served) {
    numbered_file("said.wav", 8000);
    serve_with("play = \"said.wav\"\n");
    expect_whole(numbers(8000), heard(8000));
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_settings, check_config_names_every_mistake_with_its_line_and_listens_nowhere) {
    const auto file = write_settings("listen = \"nowhere\"\nmax-calls = 0\nbarge-in = \"x\"\necho = true\n"
                                     "record = \"server.toml\"\nmax-cals = 1\n[serve]\nlisten = \"::1\"\n");
    const auto result = run({"serve", "--check-config", "--config", file, "--play", "no.wav"});
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    const auto lines = lines_of(result.err);
    ASSERT_EQ(lines.size(), 6U) << result.err;
    EXPECT_NE(lines[0].find("audiosocket: --play: "), std::string::npos) << lines[0];
    const auto at = "audiosocket: " + file;
    EXPECT_EQ(lines[1].find(at + ":2:13: max-calls: "), 0U) << lines[1];
    EXPECT_EQ(lines[2].find(at + ":3:12: barge-in: \"x\": only the digits"), 0U) << lines[2];
    EXPECT_EQ(lines[3].find(at + ":5:10: record: "), 0U) << lines[3];
    EXPECT_EQ(lines[4].find(at + ":6:1: max-cals: no such setting; did you mean max-calls?"), 0U) << lines[4];
    EXPECT_EQ(lines[5].find(at + ":8:10: listen: \"::1\": expected HOST:PORT"), 0U) << lines[5];
}

// toml++ frees nested tables by recursion: a file of 60 kB crashed the process with all of its calls.
TEST_F(serve_settings, reload_of_a_file_nested_too_deep_changes_nothing) {
    const auto file = folder / "server.toml";
    std::ofstream(file) << "tone = 440\n";
    serve({"--config", file.string()});
    auto caller = raw_caller();
    ASSERT_FALSE(caller.receive_bytes(323).empty());
    std::string parts = "a";
    for (int n = 0; n < 31'249; ++n)
        parts += ".a";
    std::ofstream(file) << "tone = 550\n" << parts << " = 1\n";
    server->signal(SIGHUP);
    ASSERT_TRUE(server->wait_for_output(R"("event":"reload_failed")"));
    ASSERT_TRUE(server->wait_for_errors("server.toml:2:32: is nested deeper than 16 levels"));
    EXPECT_FALSE(caller.receive_bytes(32'300).empty()); // the call continues
    caller.finish();
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(serve_settings, reload_changes_the_limits_of_new_calls) {
    serve_with("echo = true\n");
    raw_peer before = raw_caller();
    ASSERT_FALSE(before.receive_bytes(323).empty());
    EXPECT_EQ(reload("echo = true\nidle-timeout = 0.2\nmax-rate = 16000\n").at("event").as_string(), "reloaded");
    raw_peer after = raw_caller();
    EXPECT_TRUE(after.receive_all().orderly); // nothing arrived from it
    after.finish();
    before.send(frame(kind::slin48, bytes(1920, std::byte{1})));
    for (bool echoed = false; !echoed;) { // silence until then, at 8 kHz and then at its rate
        const auto heard = before.receive_bytes(header_bytes);
        ASSERT_EQ(heard.size(), header_bytes);
        const auto head = read_header(std::span(heard).first<header_bytes>());
        ASSERT_EQ(before.receive_bytes(head.payload_bytes).size(), head.payload_bytes);
        echoed = head.kind == kind::slin48;
    }
    before.finish();
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(serve_settings, check_config_says_that_a_good_file_is_good_and_leaves_the_disk_alone) {
    boost::asio::io_context io;
    const raw_peer::tcp::acceptor taken(io, {boost::asio::ip::address_v4::loopback(), 0}); // does not listen there
    const auto port = std::to_string(taken.local_endpoint().port());
    const auto file = write_settings("listen = \"127.0.0.1:" + port + "\"\nrecord = \"calls\"\n");
    const auto result = run({"serve", "--check-config", "--config", file});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, file + ": good\n");
    EXPECT_FALSE(std::filesystem::exists(folder / "calls"));
}

// A name in /proc, where not even root can make a folder.
TEST_F(serve_settings, check_config_refuses_a_folder_that_cannot_be_made) {
    const auto file = write_settings("record = \"/proc/calls/today\"\n");
    const auto checked = run({"serve", "--check-config", "--config", file});
    EXPECT_EQ(checked.code, 2);
    EXPECT_NE(checked.err.find(":1:10: record: /proc/calls/today: cannot be created: "), std::string::npos)
        << checked.err;
    write_settings("record = \"server.toml/calls\"\n");
    EXPECT_EQ(run({"serve", "--check-config", "--config", file}).code, 2);
    write_settings("record = \"a/b/calls\"\n");
    EXPECT_EQ(run({"serve", "--check-config", "--config", file}).code, 0);
    const std::filesystem::directory_iterator all(folder);
    EXPECT_EQ(std::distance(begin(all), end(all)), 1); // the file
}

// A pipe may stay without a writer for ever. The start, and the thread that reads the settings again, would wait for
// it.
TEST_F(serve_settings, pipe_in_place_of_a_file_is_refused_at_once) {
    const auto pipe = folder / "pipe";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const auto file = write_settings("play = \"pipe\"\nadmin = \"127.0.0.1:0\"\nadmin-token-file = \"pipe\"\n");
    const auto result = run({"serve", "--check-config", "--config", file});
    EXPECT_EQ(result.code, 2);
    const auto lines = lines_of(result.err);
    ASSERT_EQ(lines.size(), 2U) << result.err;
    EXPECT_NE(lines[0].find(":1:8: play: " + pipe.string() + ": is not a regular file"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find(":3:20: admin-token-file: " + pipe.string() + ": is not a regular file"), std::string::npos)
        << lines[1];
}

// The output is a settings file, and relative paths in a settings file begin at its own folder.
TEST_F(serve_settings, print_config_can_be_read_again_from_another_folder) {
    const auto inner = folder / "inner";
    std::filesystem::create_directory(inner);
    numbered_file("said.wav", 800);
    std::ofstream(folder / "in.toml") << "play = \"said.wav\"\n";
    process printing({"/bin/sh", "-c", "cd '" + folder.string() + "'; exec \"$@\" > inner/server.toml", "sh",
                      AUDIOSOCKET_COMMAND, "serve", "--print-config", "--config", "in.toml", "--record", "../calls"});
    EXPECT_EQ(printing.wait(), 0) << printing.err;
    const auto checked = run({"serve", "--check-config", "--config", (inner / "server.toml").string()});
    EXPECT_EQ(checked.code, 0) << checked.err;
    const auto printed = run({"serve", "--print-config", "--config", (inner / "server.toml").string()}).out;
    EXPECT_NE(printed.find("record = \"" + (folder / "../calls").string() + "\""), std::string::npos) << printed;
}

TEST_F(serve_settings, print_config_tells_what_holds_and_why) {
    const environment_variable calls("AUDIOSOCKET_MAX_CALLS", "12");
    const auto file = write_settings("max-calls = 5\necho = true\n");
    const auto result = run({"serve", "--print-config", "--config", file, "--shards", "2"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_NE(result.out.find("max-calls = 12 "), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("# AUDIOSOCKET_MAX_CALLS\n"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("# " + file + ":2\n"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("# --shards\n"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("# default\n"), std::string::npos) << result.out;
}

TEST_F(serve_settings, server_does_not_start_with_a_wrong_file) {
    const auto file = write_settings("echo = 1\nmax-cals = 1\n");
    const auto result = run({"serve", "--config", file});
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(lines_of(result.err).size(), 2U) << result.err;
    EXPECT_EQ(run({"serve", "--config", (folder / "none.toml").string()}).code, 4);
}

TEST_F(serve_settings, sighup_changes_what_the_next_call_hears_and_not_what_the_live_one_does) {
    const auto said = numbered_file("said.wav", 16'000);
    serve_with("echo = true\n");
    recorded_call live(where, folder / "live.slin", {"--play", said.string()});
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    EXPECT_TRUE(is_silent());

    const auto report = reload("tone = 440\nlisten = \"127.0.0.1:1\"\nshards = 2\n");
    EXPECT_EQ(report.at("changed"), json::value({"echo", "tone"}));
    EXPECT_EQ(report.at("need_restart"), json::value(json::array{"shards"})); // --listen is on the command line
    EXPECT_TRUE(server->wait_for_errors("a change of shards needs a restart")) << server->err;
    EXPECT_TRUE(plays_a_tone());

    EXPECT_TRUE(live.wait_for_sound(16'000));
    EXPECT_EQ(live.hang_up(), 0) << live.caller().out;
    expect_in_order(numbers(16'000), live.heard());
    EXPECT_EQ(json::parse(live.caller().out).at("end").at("reason").as_string(), "hung up");
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_settings, sighup_changes_where_recordings_go) {
    serve_with("record = \"one\"\n");
    EXPECT_EQ(call({"--duration", "0.3"}).code, 0);
    reload("record = \"two\"\n");
    EXPECT_EQ(call({"--duration", "0.3"}).code, 0);
    reload("");
    EXPECT_EQ(call({"--duration", "0.3"}).code, 0);
    EXPECT_EQ(stop(), 0);
    const auto files_in = [&](const char* name) {
        const std::filesystem::directory_iterator all(folder / name);
        return std::distance(begin(all), end(all));
    };
    EXPECT_EQ(files_in("one"), 1);
    EXPECT_EQ(files_in("two"), 1);
}

TEST_F(serve_settings, sighup_changes_the_drain_timeout_and_the_log) {
    serve_with("quiet = true\n");
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(server->err, "");
    const auto report = reload("drain-timeout = 0.5\nlog-format = \"json\"\n");
    EXPECT_EQ(report.at("changed"), json::value({"drain-timeout", "log-format", "quiet"}));
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    const raw_peer deaf = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"id\":\"07070707"));
    server->signal(SIGTERM);
    EXPECT_TRUE(server->wait_for_output("\"drain_seconds\":0.5")) << server->out;
    EXPECT_EQ(server->wait(), 0);
    EXPECT_FALSE(lines_of(server->err).empty());
    for (const auto& line : lines_of(server->err))
        EXPECT_TRUE(json::parse(line).is_object()) << line;
}

TEST_F(serve_settings, wrong_file_on_sighup_changes_nothing_and_is_reported_in_full) {
    serve_with("tone = 440\n");
    for (const auto* wrong : {"tone = \"x\"\nmax-cals = 1\n", "play = \"no.wav\"\nshards = 0\n", "tone = = 1\n\n"}) {
        const auto report = reload(wrong);
        EXPECT_EQ(report.at("event").as_string(), "reload_failed");
        EXPECT_EQ(report.at("mistakes").as_array().size(), std::string(wrong).ends_with("\n\n") ? 1U : 2U) << report;
        EXPECT_TRUE(server->wait_for_errors("the settings are unchanged"));
        EXPECT_NE(server->err.find("server.toml:1:"), std::string::npos) << server->err;
        server->err.clear();
    }
    EXPECT_TRUE(plays_a_tone());
    std::filesystem::remove(folder / "server.toml");
    server->signal(SIGHUP);
    EXPECT_TRUE(server->wait_for_errors("No such file")) << server->err;
    EXPECT_TRUE(plays_a_tone());
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_settings, sighup_while_stopping_is_reported_as_ignored) {
    serve_with("echo = true\n");
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output("\"stopping\""));
    server->signal(SIGHUP);
    EXPECT_TRUE(server->wait_for_output(R"({"event":"reload_ignored","reason":"this process is stopping"})"))
        << server->out;
    EXPECT_TRUE(server->wait_for_errors("SIGHUP is ignored: this process is stopping")) << server->err;
    up.finish();
    EXPECT_EQ(server->wait(), 0);
}

// Loading a large sound takes time. Without a server the signal ended the process.
TEST_F(serve_settings, sighup_of_a_server_that_is_still_starting_is_heard_when_it_has_started) {
    const auto sound = numbered_file("said.wav", 800);
    held_file slow(sound);
    if (!slow) GTEST_SKIP() << skipped("the file system of " + folder.string() + " has no leases");
    server = std::make_unique<process>(
        command({"serve", "--listen", "127.0.0.1:0", "--json", "--config", write_settings("play = \"said.wav\"\n")}));
    ASSERT_TRUE(slow.wait_for_reader());
    server->signal(SIGHUP);
    write_settings("tone = 440\n");
    slow.release();
    EXPECT_TRUE(server->wait_for_output(R"({"event":"reloaded","changed":["play","tone"])")) << server->out;
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_settings, storm_of_sighup_is_survived) {
    serve_with("tone = 440\n", {"--shards", "2"});
    process live(command({"call", where, "--duration", "100", "--json"}));
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    for (int i = 0; i < 200; ++i)
        server->signal(SIGHUP);
    EXPECT_EQ(reload("echo = true\n").at("event").as_string(), "reloaded");
    live.signal(SIGINT);
    EXPECT_EQ(live.wait(), 0) << live.out;
    EXPECT_EQ(json::parse(live.out).at("end").at("reason").as_string(), "hung up") << live.out;
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_settings, sighup_of_a_closed_terminal_ends_the_server_and_of_an_open_one_does_not) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        GTEST_SKIP() << skipped("there are no terminals here");
    serve({}, {"/bin/sh", "-c", std::string("exec 2>") + ptsname(terminal) + "; exec \"$@\"", "sh"});
    server->signal(SIGHUP);
    EXPECT_TRUE(server->wait_for_output("\"reloaded\"")) << server->out;
    close(terminal);
    server->signal(SIGHUP);
    EXPECT_EQ(server->wait(), 0);
    EXPECT_NE(server->out.find("\"event\":\"stopping\",\"reason\":\"SIGHUP\""), std::string::npos) << server->out;
}

TEST_F(serve_settings, environment_is_read) {
    const environment_variable tone("AUDIOSOCKET_TONE", "440");
    serve({});
    EXPECT_TRUE(plays_a_tone());
    EXPECT_EQ(stop(), 0);
}
