// SPDX-License-Identifier: Apache-2.0
#include "gateway/payload_format.hpp"

#include "support/bytes.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace audiosocket;
using gateway::payload_format;
using gateway::payload_of;
using gateway::payload_reader;

namespace {

constexpr payload_format linear{encoding::slin, 16'000};
constexpr payload_format ulaw{encoding::ulaw, 8000};

std::vector<std::int16_t> first_numbered(std::size_t count) {
    std::vector<std::int16_t> samples(count);
    numbered_samples().fill(samples);
    return samples;
}

} // namespace

TEST(payload_reader, ragged_pieces_of_linear_audio_come_out_whole) {
    const auto stream = test::numbered(1000);
    std::mt19937 random(1);
    for (const auto how : test::all_splits) {
        payload_reader reader(linear);
        std::vector<std::int16_t> samples;
        test::cut(stream, how, random, [&](std::span<const std::byte> piece) {
            const auto read = reader.read(piece);
            samples.insert(samples.end(), read.begin(), read.end());
        });
        EXPECT_EQ(samples, first_numbered(1000));
    }
}

TEST(payload_reader, an_empty_piece_keeps_half_a_sample) {
    payload_reader reader(linear);
    EXPECT_EQ(reader.read(test::raw({0x34})).size(), 0U);
    EXPECT_EQ(reader.read({}).size(), 0U);
    const auto read = reader.read(test::raw({0x12}));
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0], 0x1234);
}

TEST(payload_reader, after_a_reset_a_whole_sample_begins) {
    payload_reader reader(linear);
    reader.read(test::raw({0x99}));
    reader.reset();
    const auto read = reader.read(test::raw({0x34, 0x12}));
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0], 0x1234);
}

TEST(payload_format, g711_has_a_byte_a_sample_and_comes_back) {
    const std::vector<std::int16_t> samples{ulaw_to_linear(0x00), ulaw_to_linear(0x55), ulaw_to_linear(0xff)};
    const auto bytes = payload_of(ulaw, samples);
    EXPECT_EQ(bytes, test::raw({0x00, 0x55, 0xff}));
    payload_reader reader(ulaw);
    const auto read = reader.read(bytes);
    EXPECT_EQ(std::vector<std::int16_t>(read.begin(), read.end()), samples);
}

TEST(payload_format, linear_samples_have_the_lower_byte_first) {
    EXPECT_EQ(payload_of(linear, std::vector<std::int16_t>{0x1234, -1}), test::raw({0x34, 0x12, 0xff, 0xff}));
}
