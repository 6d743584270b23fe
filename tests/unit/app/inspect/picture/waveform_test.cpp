// SPDX-License-Identifier: Apache-2.0
#include "inspect/picture/waveform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;
using samples = std::vector<std::int16_t>;

samples noise(std::size_t count) {
    std::mt19937 engine(3);
    std::uniform_int_distribution<int> any(-32768, 32767);
    samples out(count);
    for (auto& sample : out)
        sample = static_cast<std::int16_t>(any(engine));
    return out;
}

waveform::extent extent_of(std::span<const std::int16_t> part) {
    const auto [low, high] = std::minmax_element(part.begin(), part.end());
    return {*low, *high};
}

TEST(waveform, short_sound_keeps_each_sample) {
    waveform wave(8000, 1);
    wave.add(samples{1, -2, 3, -4});
    EXPECT_EQ(wave.columns(0, 4), (std::vector<waveform::extent>{{1, 1}, {-2, -2}, {3, 3}, {-4, -4}}));
    EXPECT_EQ(wave.columns(0, 2), (std::vector<waveform::extent>{{-2, 1}, {-4, 3}}));
    EXPECT_EQ(wave.columns(0, 8).size(), 8U);
}

TEST(waveform, long_sound_keeps_the_extremes_of_each_column) {
    constexpr std::size_t size = 1 << 20;
    const samples sound = noise(size);
    waveform wave(8000, 1);
    wave.add(sound);
    const auto columns = wave.columns(0, 64);
    for (std::size_t c = 0; c < 64; ++c)
        EXPECT_EQ(columns[c], extent_of(std::span(sound).subspan(c * size / 64, size / 64))) << c;
}

TEST(waveform, channels_do_not_mix_however_the_blocks_are_cut) {
    const samples left = noise(50'000);
    samples both;
    for (const std::int16_t sample : left) {
        both.push_back(sample);
        both.push_back(7);
    }
    waveform whole(8000, 2), cut(8000, 2);
    whole.add(both);
    for (std::size_t at = 0; at < both.size(); at += 10)
        cut.add(std::span(both).subspan(at, 10));
    EXPECT_EQ(whole.columns(0, 500), cut.columns(0, 500));
    for (const auto& extent : whole.columns(1, 500))
        EXPECT_EQ(extent, (waveform::extent{7, 7}));
}

TEST(waveform, duration_is_that_of_the_frames) {
    waveform wave(44'100, 2);
    wave.add(samples(44'100 * 2 * 3));
    EXPECT_EQ(wave.duration(), 3s);
}

TEST(waveform, empty_sound_draws_without_a_crash) {
    const waveform wave(8000, 2);
    EXPECT_EQ(wave.columns(1, 3).size(), 3U);
    EXPECT_NE(draw_text(wave, {}, 20, 2).find("0 s"), std::string::npos);
    EXPECT_NE(draw_svg(wave, {}).find("</svg>"), std::string::npos);
}

TEST(waveform, text_drawing_sets_the_dots_of_the_samples) {
    waveform wave(8000, 1);
    wave.add(samples{32767, -32768});
    const std::string drawing = draw_text(wave, std::array{std::string("caller")}, 2, 1);
    EXPECT_EQ(drawing.substr(0, drawing.rfind("\n", drawing.size() - 2)), "caller\n⠉⣀");
    EXPECT_EQ(std::count(drawing.begin(), drawing.end(), '\n'), 3);
}

TEST(waveform, svg_has_a_lane_and_a_title_for_each_channel_and_stays_small) {
    waveform wave(8000, 2);
    wave.add(noise(1 << 20));
    const std::string svg = draw_svg(wave, std::array{std::string("caller"), std::string("a<b")});
    EXPECT_NE(svg.find(">caller</text>"), std::string::npos);
    EXPECT_NE(svg.find(">a&lt;b</text>"), std::string::npos);
    EXPECT_LT(svg.size(), 24'000U);
}

TEST(waveform, time_axis_steps_are_round) {
    EXPECT_DOUBLE_EQ(time_axis_step(8.1, 12), 1);
    EXPECT_DOUBLE_EQ(time_axis_step(1, 10), 0.1);
    EXPECT_DOUBLE_EQ(time_axis_step(3600, 12), 500);
    EXPECT_DOUBLE_EQ(time_axis_step(0, 12), 1);
}

} // namespace
} // namespace audiosocket::app::inspect
