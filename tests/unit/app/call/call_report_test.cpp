// SPDX-License-Identifier: Apache-2.0
#include "call/call_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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
            .ruling = {}};
}

bool has_remark(const call_report& report, std::string_view text, bool costs_the_call) {
    return std::ranges::any_of(report.remarks(), [&](const call_report::remark& r) {
        return r.text.find(text) != std::string::npos && r.costs_the_call == costs_the_call;
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

TEST(call_report, burst_of_more_than_three_frames_is_noted) {
    EXPECT_FALSE(has_remark(report_of(frames_at({0ms, 0ms, 0ms, 0ms})), "ahead of its time", false));
    EXPECT_TRUE(has_remark(report_of(frames_at({0ms, 0ms, 0ms, 0ms, 0ms})), "80 ms ahead of its time", false));
}

TEST(call_report, first_audio_after_40_ms_is_noted_and_after_2_s_costs_the_call) {
    EXPECT_FALSE(has_remark(report_of(frames_at({40ms})), "the first audio came only after", false));
    EXPECT_TRUE(has_remark(report_of(frames_at({41ms})), "the first audio came only after 41 ms", false));
    EXPECT_FALSE(has_remark(report_of(frames_at({2000ms})), "no audio for more than 2 s", true));
    EXPECT_TRUE(has_remark(report_of(frames_at({2001ms})), "no audio for more than 2 s", true));
}

TEST(call_report, pause_of_more_than_5_ms_in_a_message_costs_the_call) {
    auto report = report_of(frames_at({0ms}));
    report.counted.message_pause_max = 5ms;
    EXPECT_FALSE(has_remark(report, "inside a message", true));
    report.counted.message_pause_max = 5100us;
    EXPECT_TRUE(has_remark(report, "a pause of 5.1 ms inside a message: Asterisk waits 5 ms", true));
}

TEST(call_report, text_has_a_line_for_each_direction) {
    auto report = report_of(frames_at({0ms, 20ms}));
    report.counted.frames_sent = 7;
    const auto text = to_text(report);
    EXPECT_NE(text.find("  received       2 frames, 0.04 s of slin"), std::string::npos) << text;
    EXPECT_NE(text.find("  sent           7 frames\n"), std::string::npos) << text;
}

} // namespace
} // namespace audiosocket::app::caller
