// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include <sstream>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class serve_log : public command_test {
  protected:
    std::vector<json::object> logged() const {
        std::vector<json::object> lines;
        std::istringstream in(server->err);
        for (std::string line; std::getline(in, line);)
            lines.push_back(json::parse(line).as_object());
        return lines;
    }
};

} // namespace

TEST_F(serve_log, json_lines_have_time_level_message_call_and_peer) {
    serve({"--log-format", "json"});
    ASSERT_EQ(call({"--duration", "0.3", "--dtmf", "5", "--dtmf-after", "0.1", "--id",
                    "00000000-0000-0000-0000-000000000007"})
                  .code,
              0);
    EXPECT_EQ(stop(), 0);
    int about_the_call = 0;
    for (const auto& line : logged()) {
        EXPECT_EQ(line.at("time").as_string().size(), std::string("2026-11-23T12:00:00.000Z").size());
        EXPECT_EQ(line.at("level").as_string(), "info");
        EXPECT_FALSE(line.at("message").as_string().empty());
        if (!line.contains("call")) continue;
        ++about_the_call;
        EXPECT_EQ(line.at("call").as_string(), "00000000-0000-0000-0000-000000000007");
        EXPECT_EQ(std::string(line.at("peer").as_string()).find("127.0.0.1:"), 0U);
    }
    EXPECT_EQ(about_the_call, 3) << server->err; // began, pressed a key, ended
}

TEST_F(serve_log, name_of_a_file_cannot_forge_a_line) {
    const std::string name = "a\n12:00:00.000 info: forged\x1b[2J.wav";
    const auto result = run({"serve", "--play", (folder / name).string()});
    EXPECT_EQ(result.code, 4);
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("a\\n12:00:00.000 info: forged\\x1b[2J.wav"), std::string::npos) << result.err;
}

TEST_F(serve_log, failed_recording_in_a_folder_with_a_forged_name_is_one_line) {
    const auto calls = folder / "c\nd\x1b\xff";
    serve({"--record", calls.string(), "--log-format", "json"});
    std::filesystem::remove_all(calls);
    EXPECT_EQ(call({"--duration", "1"}).code, 0);
    ASSERT_TRUE(server->wait_for_errors("recording failed"));
    EXPECT_EQ(stop(), 0);
    EXPECT_FALSE(logged().empty()); // each of them parses
    std::istringstream events(server->out);
    for (std::string line; std::getline(events, line);)
        EXPECT_TRUE(json::parse(line).is_object()) << line; // the folder's name is not UTF-8
    EXPECT_NE(server->out.find("recording_failed"), std::string::npos) << server->out;
    EXPECT_NE(server->err.find("c\\\\nd\\\\x1b\\\\xff"), std::string::npos) << server->err;
}

TEST_F(serve_log, peer_that_floods_the_log_is_counted_and_does_not_hide_another) {
    serve({"--log-format", "json"});
    const bytes wrong = frame(kind::slin, bytes(2)); // audio before the id
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 40; ++i) {
        raw_peer peer(endpoint());
        peer.send(wrong);
        peer.receive_all();
    }
    ASSERT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(stop(), 0);
    std::int64_t shown = 0;
    std::int64_t counted = 0;
    for (const auto& line : logged()) {
        const std::string message(line.at("message").as_string());
        if (message.find(": no call: ") != std::string::npos) ++shown;
        if (line.contains("left_out")) {
            counted += line.at("left_out").to_number<std::int64_t>();
            EXPECT_EQ(line.at("peer").as_string(), "127.0.0.1");
        }
    }
    EXPECT_EQ(shown + counted, 40) << server->err;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
    EXPECT_LE(shown, 5 * (seconds + 1)) << server->err; // five a second
    EXPECT_NE(server->err.find("\"call\":"), std::string::npos) << server->err;
}

// A reader of the log after a flood must see how large the flood was, even if nothing happens after it.
TEST_F(serve_log, lines_that_were_left_out_are_reported_within_two_seconds_and_without_another_event) {
    serve({});
    std::vector<raw_peer> peers; // together, so that they arrive within a second
    for (int i = 0; i < 30; ++i)
        peers.emplace_back(endpoint()).send(frame(kind::slin, bytes(2))); // audio before the id
    EXPECT_TRUE(server->wait_for_errors("more connections without a call within a second")) << server->err;
    EXPECT_EQ(stop(), 0);
}

// Lines about peers that connect and close without a call have the level debug, and had no limit.
TEST_F(serve_log, verbose_log_is_bounded_as_well) {
    serve({"-v"});
    for (int i = 0; i < 40; ++i)
        raw_peer(endpoint()).finish();
    EXPECT_TRUE(server->wait_for_errors("more connections without a call within a second")) << server->err;
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_log, server_that_has_nothing_to_play_says_so) {
    serve({});
    EXPECT_TRUE(server->wait_for_errors("callers hear silence; choose what they hear with --play, --tone or --echo"));
    EXPECT_EQ(stop(), 0);
    serve({"--echo"});
    EXPECT_EQ(stop(), 0);
    EXPECT_EQ(server->err.find("silence"), std::string::npos) << server->err;
}

TEST_F(serve_log, journal_gets_priorities_and_no_times) {
    const auto journal = folder / "journal";
    // Makes the file its standard error, and claims that it is the journal.
    const std::string shell =
        "exec 2>'" + journal.string() + "'; export JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2); exec \"$@\"";
    serve({}, {"/bin/sh", "-c", shell, "sh"});
    ASSERT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(stop(), 0);
    std::ifstream in(journal);
    int lines = 0;
    for (std::string line; std::getline(in, line); ++lines)
        EXPECT_EQ(line.find("<6>"), 0U) << line;
    EXPECT_GE(lines, 4); // listens, a call starts and ends, stops
}
