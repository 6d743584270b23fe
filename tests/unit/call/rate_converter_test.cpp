// SPDX-License-Identifier: Apache-2.0
#include "call/rate_converter.hpp"

#include <audiosocket/audio/tone.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

// Returns what a 48 kHz tone becomes at 8 kHz when it arrives in pieces of this size.
std::vector<std::int16_t> converted(std::size_t piece) {
    call_statistics counters;
    receive_queue queue(10s, counters);
    rate_converter to_8_khz(8000, queue);
    std::vector<std::int16_t> sound(48'000);
    tone(440, 48'000).fill(sound);
    for (std::size_t at = 0; at < sound.size(); at += piece)
        to_8_khz.convert(std::span(sound).subspan(at, std::min(piece, sound.size() - at)), 48'000);
    to_8_khz.finish_stream();

    std::vector<std::int16_t> all;
    while (const auto e = queue.pop()) {
        const auto& samples = std::get<audio_event>(*e).samples;
        all.insert(all.end(), samples.begin(), samples.end());
    }
    return all;
}

} // namespace

TEST(rate_converter, size_of_the_pieces_makes_no_difference_to_the_sound) {
    const auto whole = converted(48'000);
    EXPECT_EQ(whole.size(), 8000U);
    for (const std::size_t piece : {1U, 7U, 47U, 48U, 49U, 960U})
        EXPECT_EQ(converted(piece), whole) << piece;
}

// A resampler moves its whole memory for each piece, so the converter must gather pieces of one sample.
TEST(rate_converter, piece_of_one_sample_costs_a_sample_and_its_part_of_a_millisecond) {
    call_statistics counters;
    receive_queue queue(10s, counters);
    rate_converter c(8000, queue);
    const std::int16_t sample = 1;
    std::uint64_t work = 0;
    for (int n = 0; n < 48'000; ++n) {
        work += c.work(1, 48'000);
        c.convert(std::span(&sample, 1), 48'000);
    }
    EXPECT_LE(work, 2U * 48'000U);
}
