// SPDX-License-Identifier: Apache-2.0
#include "inspect/tape_inspection.hpp"

#include "unit/app/tape/tapes.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <sstream>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::app::inspect;

namespace {

std::string audio(int at_ms) {
    return "{\"t\":" + std::to_string(at_ms) + R"(,"what":"audio","rate":8000,)" +
           tape::samples_member(std::vector<std::int16_t>(160, 5)) + '}';
}

std::string message(int at_ms, const std::string& what, const std::string& text) {
    return "{\"t\":" + std::to_string(at_ms) + ",\"what\":\"" + what + "\"," + tape::text_message(text) + '}';
}

std::string media(int at_ms, const std::string& what) {
    return message(at_ms, what, R"({"event":"media","payload":")" + std::string(200, 'A') + "\"}");
}

struct shown {
    bool good = false;
    std::string text;
};

shown show(const std::string& text, const tape_output& how = {}) {
    std::ostringstream out;
    tape::tape_reader tape(test::pieces_of(text, 4096));
    const bool good = inspect_tape(tape, how, out);
    return {good, out.str()};
}

void expect_line(const shown& all, const std::string& line) {
    EXPECT_NE(('\n' + all.text).find('\n' + line + '\n'), std::string::npos) << line << "\n\n" << all.text;
}

} // namespace

TEST(tape_inspection, timeline_sums_audio_up_and_shows_the_rest) {
    std::vector<std::string> lines{R"({"t":0,"what":"dial","address":"ws://bot/"})", R"({"t":5,"what":"open"})",
                                   message(5, "sent", R"({"event":"connected"})")};
    for (int i = 1; i <= 10; ++i) {
        lines.push_back(audio(i * 20));
        lines.push_back(media(i * 20, "sent"));
    }
    lines.emplace_back(R"({"t":210,"what":"digit","digit":"5"})");
    lines.push_back(media(220, "received"));
    lines.emplace_back(R"({"t":220,"what":"play","count":160,"rate":8000})");
    lines.emplace_back(R"({"t":900,"what":"ended","reason":"peer hung up"})");
    const auto all = show(test::tape_with(lines));
    EXPECT_TRUE(all.good);
    expect_line(all, "    0.000         --          dial ws://bot/");
    expect_line(all, R"(    0.005         -> back end connected: {"event":"connected"})");
    expect_line(all, "    0.020  caller ->          audio x 10, 0.20 s");
    expect_line(all, "    0.020         -> back end media x 10, 2300 bytes");
    expect_line(all, "    0.210  caller ->          digit 5");
    expect_line(all, "    0.220         <- back end media x 1, 230 bytes");
    expect_line(all, "    0.220  caller <-          play x 1, 0.02 s");
    expect_line(all, "    0.900  caller ->          ended: peer hung up");
    expect_line(all, "0.9 s; caller 0.20 s of audio, 1 digits; back end 0.02 s of audio");
    expect_line(all, "messages to the back end: 1 connected, 10 media");
    expect_line(all, "longest silence of the back end 0.680 s, from 0.220 s on");
}

TEST(tape_inspection, turns_are_shown_with_their_parts) {
    const auto text = test::tape_with(
        {R"({"t":900,"what":"turn","total_ms":900,"network_ms":50,"backend_ms":830,"queue_ms":20})",
         R"({"t":2000,"what":"turn","total_ms":700,"backend_ms":640,"queue_ms":60})"}); // as older tapes have it
    const auto all = show(text);
    expect_line(all, "    0.900         --          turn: answered after 900 ms: network 50, back end 830, queue 20");
    expect_line(all, "    2.000         --          turn: answered after 700 ms: back end 640, queue 60");
    expect_line(all, "      0.900  answered after 900 ms: network 50, back end 830, queue 20");
    expect_line(all, "      2.000  answered after 700 ms: back end 640, queue 60");
    const auto json = show(text, {.json = true}).text;
    EXPECT_NE(json.find(R"({"at":0.9,"total_ms":900,"network_ms":50,"backend_ms":830,"queue_ms":20})"),
              std::string::npos)
        << json;
    EXPECT_NE(json.find(R"({"at":2,"total_ms":700,"network_ms":null,"backend_ms":640,"queue_ms":60})"),
              std::string::npos)
        << json;
}

TEST(tape_inspection, audio_is_shown_each_second_and_with_all_each_piece) {
    std::vector<std::string> lines;
    for (int i = 0; i < 100; ++i)
        lines.push_back(audio(i * 20));
    const auto sums = show(test::tape_with(lines));
    expect_line(sums, "    0.000  caller ->          audio x 50, 1.00 s");
    expect_line(sums, "    1.000  caller ->          audio x 50, 1.00 s");
    const auto all = show(test::tape_with(lines), {.all = true});
    expect_line(all, "    0.500  caller ->          audio, 0.020 s");
}

TEST(tape_inspection, messages_cannot_change_the_terminal_and_are_short) {
    const auto all = show(test::tape_with({message(1, "received", "{\"type\":\"\x1b[31m\"}"),
                                           message(2, "received", '[' + std::string(5000, ' ') + ']')}));
    EXPECT_EQ(all.text.find('\x1b'), std::string::npos);
    EXPECT_LT(all.text.size(), 1500U);
}

TEST(tape_inspection, damage_is_said_with_its_line_behind_what_can_be_read) {
    const auto whole = test::tape_with({audio(20), "broken", audio(60), R"({"t":70,"what":"digit","digit":"5"})"});
    const auto all = show(whole.substr(0, whole.size() - 5));
    EXPECT_FALSE(all.good);
    expect_line(all, "    0.020  caller ->          audio x 2, 0.04 s");
    EXPECT_NE(all.text.find("DAMAGED: line 3 is not JSON"), std::string::npos) << all.text;
    expect_line(all, "DAMAGED: line 5 is not complete: the tape ends within it");
    expect_line(all, "the tape ends before the call does");
}

TEST(tape_inspection, json_has_an_object_a_line_without_audio_and_a_summary) {
    const auto all = show(test::tape_with({audio(20), media(30, "sent"), "broken"}), {.json = true});
    std::istringstream lines(all.text);
    std::vector<boost::json::object> objects;
    for (std::string line; std::getline(lines, line);)
        objects.push_back(boost::json::parse(line).as_object());
    ASSERT_EQ(objects.size(), 4U);
    EXPECT_EQ(objects[0].at("event"), "tape");
    EXPECT_EQ(objects[0].at("dialect"), "twilio");
    EXPECT_EQ(objects[1].at("what"), "audio");
    EXPECT_EQ(objects[1].at("ms"), 20);
    EXPECT_FALSE(objects[1].contains("samples"));
    EXPECT_EQ(objects[2].at("type"), "media");
    EXPECT_EQ(objects[2].at("bytes"), 230);
    EXPECT_EQ(objects[3].at("event"), "summary");
    EXPECT_EQ(objects[3].at("damages").at(0).at("line"), 4);
}
