// SPDX-License-Identifier: Apache-2.0
// A disk that is full in the middle of what is written there. The disk is a small tmpfs in a mount namespace.
#include "faults_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class full_disk : public faults_test {
  protected:
    void SetUp() override {
        if (!has_namespaces("-m")) GTEST_SKIP() << skipped("no mount namespace may be made here (unshare -m)");
    }
};

} // namespace

TEST_F(full_disk, recording_stops_with_path_and_reason_and_the_next_one_works_again) {
    serve({"--tone", "440", "--record", (folder / "disk/rec").string()}, on_small_disk(48));
    {
        raw_peer caller = raw_caller();
        ASSERT_TRUE(server->wait_for_errors("No space left on device")) << server->err;
        caller.send(frame(kind::dtmf, raw("5"))); // the call goes on
        EXPECT_TRUE(server->wait_for_output(R"("digit":"5")")) << server->out;
        caller.finish();
        EXPECT_TRUE(server->wait_for_output(R"("event":"ended")"));
    }
    EXPECT_EQ(times_in("recording failed: " + (folder / "disk/rec").string(), server->err), 1U) << server->err;
    EXPECT_NE(server->err.find("recording stopped after 1."), std::string::npos) << server->err;
    const auto kept = only_file(disk() / "rec");
    EXPECT_GE(sound_reader(kept).duration().value(), std::chrono::seconds(1));

    expect_good_call(); // still full: an error of this recording, not of its call
    ASSERT_TRUE(server->wait_for_errors("cannot be written: No space left on device\n")) << server->err;

    std::filesystem::remove(kept);
    expect_good_call();
    EXPECT_NO_THROW(sound_reader(only_file(disk() / "rec"))); // while the process lives, because the disk is its own
    EXPECT_EQ(stop(), 0);
    EXPECT_EQ(server->times_said("recording_failed"), 2U) << server->out;
}

TEST_F(full_disk, tape_stops_with_path_and_reason_and_is_readable) {
    scripted_back_end bot({.opened = [](auto& one) { one.play(numbers(80'000)); }});
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--tape", (folder / "disk/tapes").string()},
            on_small_disk(64));
    raw_peer caller = raw_caller();
    ASSERT_TRUE(server->wait_for_errors("No space left on device")) << server->err;
    caller.receive_bytes(caller.socket().available() + 10 * 323); // the call goes on
    caller.finish();
    EXPECT_TRUE(server->wait_for_output(R"("event":"ended")"));
    EXPECT_EQ(times_in("No space left on device", server->err), 1U) << server->err;
    EXPECT_NE(server->err.find((folder / "disk/tapes").string()), std::string::npos) << server->err;
    const auto tape = folder / "kept.tape";
    std::filesystem::copy_file(only_file(disk() / "tapes"), tape);
    const auto shown = run({"inspect", tape.string()});
    EXPECT_NE(shown.out.find("dialect pcm"), std::string::npos) << shown.out << shown.err;
    EXPECT_EQ(stop(), 0);
}

TEST_F(full_disk, log_and_events_stop_in_whole_lines_and_calls_go_on) {
    auto prefix = on_small_disk(16);
    prefix.insert(prefix.end(),
                  {"/bin/sh", "-c", "head -c 4096 /dev/zero >\"$0\"/fill; exec \"$@\" >\"$0\"/events 2>\"$0\"/log",
                   (folder / "disk").string()});
    auto line = command({"serve", "--listen", "127.0.0.1:0", "--json", "--log-format", "json"});
    line.insert(line.begin(), prefix.begin(), prefix.end());
    server = std::make_unique<process>(std::move(line));
    const auto text_of = [&](const char* name) {
        std::ifstream in(disk() / name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    ASSERT_TRUE(eventually([&] { return text_of("events").find('\n') != std::string::npos; }));
    where =
        boost::json::parse(text_of("events").substr(0, text_of("events").find('\n'))).at("address").as_string().c_str();
    for (int calls = 0; calls < 12; ++calls)
        expect_good_call();
    for (const char* name : {"events", "log"}) {
        std::istringstream lines(text_of(name));
        std::size_t whole = 0;
        for (std::string one; std::getline(lines, one) && !lines.eof(); ++whole)
            EXPECT_NO_THROW(static_cast<void>(boost::json::parse(one))) << name << ": " << one;
        EXPECT_GE(whole, 2U) << name;
    }
    EXPECT_EQ(stop(), 4); // events are missing
}

TEST_F(full_disk, recording_of_a_caller_is_an_error_and_its_begin_is_readable) {
    serve({"--tone", "440"});
    const auto copy = folder / "heard.wav";
    auto line = on_small_disk(24);
    line.insert(line.end(), {"/bin/sh", "-c", "\"$@\"; code=$?; cp \"$0\" '" + copy.string() + "'; exit $code",
                             (folder / "disk/heard.wav").string(), AUDIOSOCKET_COMMAND, "call", where, "--duration",
                             "3", "--record", (folder / "disk/heard.wav").string()});
    process caller(line);
    EXPECT_EQ(caller.wait(), 4) << caller.out << caller.err;
    EXPECT_NE(caller.err.find("disk/heard.wav: recording stopped after 1."), std::string::npos) << caller.err;
    EXPECT_NE(caller.err.find("No space left on device"), std::string::npos) << caller.err;
    EXPECT_NE(caller.out.find("verdict        good"), std::string::npos) << caller.out; // the call itself went on
    EXPECT_GE(sound_reader(copy).duration().value(), std::chrono::seconds(1));
}

TEST_F(full_disk, reports_that_find_no_room_are_an_error_with_the_reason) {
    serve({"--tone", "440"});
    const auto bench = [&](const std::string& more) {
        process p({"/bin/sh", "-c",
                   std::string("exec \"$0\" bench \"$1\" --mode playback --calls 1 --duration 0.1 ") + more,
                   AUDIOSOCKET_COMMAND, where});
        EXPECT_EQ(p.wait(), 4) << p.out << p.err;
        return p.err;
    };
    EXPECT_NE(bench("--json >/dev/full").find("standard output cannot be written: No space left on device"),
              std::string::npos);
    EXPECT_NE(bench("-q --plot /dev/full").find("cannot be written: No space left on device"), std::string::npos);
}
