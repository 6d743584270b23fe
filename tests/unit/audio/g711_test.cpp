// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/g711.hpp>

#include "signals.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <numeric>

namespace audiosocket {
namespace {

using test::samples;

constexpr std::array all_encodings{encoding::slin, encoding::ulaw, encoding::alaw};

// What libsndfile, an independent implementation, decodes from all 256 codes.
samples decoded_by_libsndfile(const std::string& suffix) {
    const test::temporary_directory directory;
    const auto path = directory / ("codes" + suffix);
    std::ofstream file(path, std::ios::binary);
    for (int code = 0; code < 256; ++code) {
        file.put(static_cast<char>(code));
    }
    file.close();
    sound_reader reader(path);
    samples out(300);
    out.resize(reader.read(out));
    return out;
}

TEST(g711, every_code_decodes_as_libsndfile_does) {
    const samples ulaw = decoded_by_libsndfile(".ulaw");
    const samples alaw = decoded_by_libsndfile(".alaw");
    ASSERT_EQ(ulaw.size(), 256U);
    ASSERT_EQ(alaw.size(), 256U);
    for (unsigned code = 0; code < 256; ++code) {
        EXPECT_EQ(ulaw_to_linear(static_cast<std::uint8_t>(code)), ulaw[code]) << code;
        EXPECT_EQ(alaw_to_linear(static_cast<std::uint8_t>(code)), alaw[code]) << code;
    }
}

TEST(g711, known_codes_decode_to_the_values_of_the_standard) {
    EXPECT_EQ(ulaw_to_linear(0xff), 0);
    EXPECT_EQ(ulaw_to_linear(0x7f), 0);
    EXPECT_EQ(ulaw_to_linear(0x80), 32124); // 8031 of 14 bits
    EXPECT_EQ(ulaw_to_linear(0x00), -32124);
    EXPECT_EQ(ulaw_to_linear(0xfe), 8); // the second step is 2 of 14 bits
    EXPECT_EQ(alaw_to_linear(0xd5), 8); // half a step, 1 of 13 bits
    EXPECT_EQ(alaw_to_linear(0x55), -8);
    EXPECT_EQ(alaw_to_linear(0xaa), 32256); // 4032 of 13 bits
    EXPECT_EQ(alaw_to_linear(0x2a), -32256);
}

TEST(g711, every_code_survives_decoding_and_encoding) {
    for (unsigned i = 0; i < 256; ++i) {
        const auto code = static_cast<std::uint8_t>(i);
        const auto expected = code == 0x7f ? std::uint8_t{0xff} : code; // mu-law has two zeros
        EXPECT_EQ(linear_to_ulaw(ulaw_to_linear(code)), expected) << i;
        EXPECT_EQ(linear_to_alaw(alaw_to_linear(code)), code) << i;
    }
}

// Half the width of the step around a value of this magnitude, by the definition of the segments.
int ulaw_tolerance(int magnitude) {
    int half_step = 4;
    for (int end = 124; end <= magnitude; end = 2 * end + 132) {
        half_step *= 2;
    }
    return half_step;
}
int alaw_tolerance(int magnitude) {
    int half_step = 8;
    for (int end = 512; end <= magnitude; end *= 2) {
        half_step *= 2;
    }
    return half_step;
}

TEST(g711, every_sample_encodes_to_within_half_a_step) {
    for (int i = -32768; i <= 32767; ++i) {
        const auto sample = static_cast<std::int16_t>(i);
        const int magnitude = std::abs(i);
        if (magnitude <= 32635) { // beyond, mu-law clips
            const int error = std::abs(ulaw_to_linear(linear_to_ulaw(sample)) - i);
            ASSERT_LE(error, ulaw_tolerance(magnitude)) << i;
        }
        const int error = std::abs(alaw_to_linear(linear_to_alaw(sample)) - i);
        ASSERT_LE(error, alaw_tolerance(magnitude)) << i;
    }
    EXPECT_EQ(linear_to_ulaw(32767), 0x80);
    EXPECT_EQ(linear_to_ulaw(-32768), 0x00);
    EXPECT_EQ(linear_to_alaw(-32768), 0x2a);
}

TEST(g711, samples_in_a_torn_slin_payload_leave_the_odd_byte_out) {
    EXPECT_EQ(samples_in(encoding::slin, 321), 160U);
    EXPECT_EQ(samples_in(encoding::slin, 1), 0U);
    EXPECT_EQ(samples_in(encoding::ulaw, 161), 161U);
    EXPECT_EQ(bytes_for(encoding::slin, 160), 320U);
    EXPECT_EQ(bytes_for(encoding::alaw, 160), 160U);
}

TEST(g711, slin_is_little_endian) {
    const std::array in{std::byte{0x34}, std::byte{0x12}, std::byte{0xff}, std::byte{0xff}};
    std::array<std::int16_t, 2> out{};
    decode(encoding::slin, in, out);
    EXPECT_EQ(out[0], 0x1234);
    EXPECT_EQ(out[1], -1);
    EXPECT_EQ(test::encoded(encoding::slin, out), std::vector(in.begin(), in.end()));
}

TEST(g711, blocks_at_any_alignment_equal_single_samples) {
    const samples in = test::random_samples(1000, 1);
    for (const encoding e : all_encodings) {
        for (std::size_t offset = 0; offset < 4; ++offset) {
            std::vector<std::byte> bytes(offset + bytes_for(e, in.size()));
            const auto payload = std::span(bytes).subspan(offset);
            encode(e, in, payload);
            samples out(in.size());
            decode(e, payload, out);
            for (std::size_t i = 0; i < in.size(); ++i) {
                const auto expected = e == encoding::slin   ? in[i]
                                      : e == encoding::ulaw ? ulaw_to_linear(linear_to_ulaw(in[i]))
                                                            : alaw_to_linear(linear_to_alaw(in[i]));
                ASSERT_EQ(out[i], expected) << name(e) << " at " << i;
            }
        }
    }
}

TEST(g711, blocks_of_unequal_size_stop_at_the_shorter) {
    for (const encoding e : all_encodings) {
        const auto bytes = test::encoded(e, samples(10, 1000));
        samples out(12, 7);
        decode(e, bytes, std::span(out).first(4));
        EXPECT_NE(out[3], 7);
        EXPECT_EQ(out[4], 7);
        decode(e, bytes, out);
        EXPECT_EQ(out[10], 7);
        decode(e, {}, out);
        encode(e, {}, {});
    }
}

TEST(encoding_name, each_is_as_asterisk_has_it) {
    EXPECT_EQ(name(encoding::slin), "slin");
    EXPECT_EQ(name(encoding::ulaw), "ulaw");
    EXPECT_EQ(name(encoding::alaw), "alaw");
}

} // namespace
} // namespace audiosocket
