// SPDX-License-Identifier: Apache-2.0
#include "call/call_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace audiosocket::app::caller {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1000h};

// Frames of 20 ms that arrive at these times after the start.
arrivals frames_at(std::initializer_list<std::chrono::nanoseconds> times) {
    arrivals audio(start);
    const std::vector<std::int16_t> frame(160, 1000);
    for (const auto at : times)
        audio.add(frame, 8000, start + at);
    return audio;
}

call_report report_of(const arrivals& audio) {
    return {.server = "pbx.example:9092",
            .id = {},
            .format = {},
            .duration = 5s,
            .end = {},
            .counted = {},
            .audio = audio,
            .start = start,
            .who = {},
            .releases = {},
            .ruling = {},
            .findings = {}};
}

bool has_remark(const call_report& report, std::string_view text, bool is_fault) {
    return std::ranges::any_of(report.remarks(), [&](const call_report::remark& r) {
        return r.text.find(text) != std::string::npos && r.is_fault == is_fault;
    });
}

TEST(arrivals, frames_in_time_have_no_gap_no_jitter_and_no_underrun) {
    const auto audio = frames_at({20ms, 40ms, 60ms, 80ms});
    EXPECT_EQ(audio.frames(), 4U);
    EXPECT_EQ(audio.audio(), 80ms);
    EXPECT_EQ(audio.first_frame(), 20ms);
    EXPECT_EQ(audio.gaps(), 0U);
    EXPECT_EQ(audio.gap_max(), 20ms);
    EXPECT_EQ(audio.jitter(1), 0ns);
    EXPECT_EQ(audio.underruns(), 0U);
    EXPECT_EQ(audio.ahead_max(), 0ns);
}

TEST(arrivals, gap_is_a_frame_that_comes_more_than_a_frame_late) {
    EXPECT_EQ(frames_at({0ms, 40ms}).gaps(), 0U);
    EXPECT_EQ(frames_at({0ms, 41ms}).gaps(), 1U);
}

TEST(arrivals, phone_underruns_when_its_buffer_of_two_frames_is_empty) {
    EXPECT_EQ(frames_at({0ms, 60ms}).underruns(), 0U); // the first frame, and 40 ms of buffer
    EXPECT_EQ(frames_at({0ms, 61ms}).underruns(), 1U);
}

TEST(arrivals, burst_is_ahead_of_its_time) {
    EXPECT_EQ(frames_at({0ms, 0ms, 0ms, 0ms, 0ms}).ahead_max(), 80ms);
}

TEST(call_report, first_audio_after_40_ms_is_noted_and_after_2_s_is_a_fault) {
    EXPECT_FALSE(has_remark(report_of(frames_at({40ms})), "the first audio came only after", false));
    EXPECT_TRUE(has_remark(report_of(frames_at({41ms})), "the first audio came only after 41 ms", false));
    EXPECT_FALSE(has_remark(report_of(frames_at({2000ms})), "no audio for more than 2 s", true));
    EXPECT_TRUE(has_remark(report_of(frames_at({2001ms})), "no audio for more than 2 s", true));
}

TEST(call_report, pause_of_more_than_5_ms_in_a_message_is_noted) {
    auto report = report_of(frames_at({0ms}));
    report.counted.message_pause_max = 5ms;
    EXPECT_FALSE(has_remark(report, "inside a message", false));
    report.counted.message_pause_max = 5100us;
    EXPECT_TRUE(has_remark(report, "a pause of 5.1 ms inside a message: Asterisk waits 5 ms", false));
}

TEST(call_report, finding_about_the_audio_is_a_fault_and_a_remark_is_not) {
    auto report = report_of(frames_at({0ms}));
    report.findings = {{diagnosis::code::g711_as_slin, diagnosis::severity::finding, "it is mu-law", "decode it"}};
    EXPECT_TRUE(has_remark(report, "it is mu-law; decode it", true));
    EXPECT_FALSE(report.is_good());
    EXPECT_EQ(to_json(report).at("findings").at(0).at("code").as_string(), "g711_as_slin");
    report.findings[0].weight = diagnosis::severity::remark;
    EXPECT_TRUE(has_remark(report, "it is mu-law; decode it", false));
    EXPECT_TRUE(report.is_good());
}

TEST(call_report, something_else_than_audiosocket_is_the_only_fault) {
    auto report = report_of(frames_at({}));
    EXPECT_TRUE(has_remark(report, "no audio for more than 2 s", true));
    report.findings = {{diagnosis::code::other_protocol, diagnosis::severity::finding, "it is HTTP", "the port?"}};
    ASSERT_EQ(report.remarks().size(), 1U);
    EXPECT_TRUE(has_remark(report, "it is HTTP", true));
}

// A call in which the server does this, as all releases read it.
std::vector<asterisk::reader> readers_after(const std::function<void(asterisk::reader&)>& what) {
    std::vector<asterisk::reader> readers;
    for (const auto& r : asterisk::releases()) {
        readers.emplace_back(r, asterisk::interface::application, start);
        what(readers.back());
    }
    return readers;
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const int v : values)
        out.push_back(static_cast<std::byte>(v));
    return out;
}

TEST(verdict, call_that_all_releases_keep_is_good_on_all) {
    const verdict v(readers_after([](asterisk::reader&) {}), start + 1s);
    EXPECT_EQ(v.text(), "good on all releases");
    EXPECT_FALSE(v.costs_the_call());
}

TEST(verdict, hang_up_in_order_is_good_where_it_is_taken_for_an_error_as_well) {
    const verdict v(readers_after([](asterisk::reader& r) { r.receive(bytes({0, 0, 0}), start + 1s); }), start + 2s);
    EXPECT_EQ(v.text(), "good on all releases; on 18 the dialplan ends too, as always when a server hangs up");
}

TEST(verdict, header_in_two_pieces_is_good_on_the_newest_and_ends_early_on_the_oldest) {
    const auto readers = readers_after([](asterisk::reader& r) {
        r.receive(bytes({0x10}), start + 1s);
        r.receive(bytes({0, 2, 1, 1}), start + 1s + 1ms);
    });
    const verdict v(readers, start + 2s);
    EXPECT_TRUE(v.costs_the_call());
    EXPECT_EQ(v.good(), (std::vector<std::string_view>{"20.17", "22.7", "23.3", "22.10"})) << v.text();
    EXPECT_TRUE(v.text().starts_with("good on 20.17, 22.7 and later; ends early on 18: ")) << v.text();
    EXPECT_NE(v.text().find("; ends early on 20.14, 22.5: a header of which 1 bytes came at first"), std::string::npos)
        << v.text();
}

TEST(verdict, pause_in_a_payload_ends_early_on_all) {
    const auto readers = readers_after([](asterisk::reader& r) {
        r.receive(bytes({0x10, 0, 2, 1}), start + 1s);
        r.advance(start + 1s + 6ms);
    });
    const verdict v(readers, start + 2s);
    EXPECT_TRUE(v.good().empty());
    EXPECT_TRUE(v.text().starts_with("ends early on 18, 20.14: ")) << v.text();
}

// Two statements contradicted each other: a table in which releases end the call, and "nothing that would have cost the
// call".
TEST(call_report, verdict_and_table_and_exit_code_agree) {
    auto report = report_of(frames_at({0ms}));
    report.releases = readers_after([](asterisk::reader& r) { // audio of no bytes: Asterisk 18 accepts it
        r.receive(bytes({0x10, 0, 0}), start + 1s);
    });
    report.counted.empty_audio = 1;
    const auto text = to_text(report);
    EXPECT_NE(text.find("18: keeps the call\n"), std::string::npos) << text;
    EXPECT_NE(
        text.find("verdict        good on 18; ends early on 20.14, 22.5, 20.17, 22.7, 23.3, 22.10: audio of no bytes"),
        std::string::npos)
        << text;
    EXPECT_EQ(text.find("FAULT"), std::string::npos) << text;
    EXPECT_FALSE(report.is_good());
    const auto json = to_json(report);
    EXPECT_EQ(json.at("costs_the_call").as_array().size(), 1U);
    EXPECT_FALSE(json.at("good").as_bool());

    report.ruling = report.releases.front(); // --as asterisk-18
    EXPECT_TRUE(report.is_good());
    EXPECT_NE(to_text(report).find("verdict        good on Asterisk 18\n"), std::string::npos) << to_text(report);
}

TEST(call_report, text_has_a_line_for_each_direction) {
    auto report = report_of(frames_at({0ms, 20ms}));
    report.counted.frames_sent = 7;
    const auto text = to_text(report);
    EXPECT_NE(text.find("  received       2 frames, 0.04 s of slin"), std::string::npos) << text;
    EXPECT_NE(text.find("  sent           7 frames\n"), std::string::npos) << text;
}

// The report of a call of half a second said "good on all releases", and nothing of the audio.
TEST(call_report, call_without_audio_is_good_and_says_so) {
    auto report = report_of(frames_at({}));
    report.duration = 500ms;
    report.releases = readers_after([](asterisk::reader&) {});
    EXPECT_TRUE(has_remark(report, "no audio arrived from the server", false));
    EXPECT_TRUE(report.is_good());
    const auto text = to_text(report);
    EXPECT_NE(text.find("verdict        good on all releases; no audio arrived from the server\n"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("jitter"), std::string::npos) << text;
    const auto json = to_json(report);
    EXPECT_EQ(json.at("frames").to_number<int>(), 0);
    EXPECT_TRUE(json.at("first_audio_ms").is_null());
    EXPECT_EQ(json.at("notes").at(0).as_string(), "no audio arrived from the server");

    report.audio = frames_at({0ms});
    EXPECT_EQ(to_text(report).find("no audio"), std::string::npos) << to_text(report);
}

} // namespace
} // namespace audiosocket::app::caller
