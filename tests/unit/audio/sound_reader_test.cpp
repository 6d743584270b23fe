// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/sound_reader.hpp>

#include "signals.hpp"
#include "sound_files.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::little_endian;
using test::read_all;
using test::samples;
using test::wav;
using test::why_refused;
using test::write_file;

class sound_reader_test : public testing::Test {
  protected:
    test::temporary_directory directory;
};

TEST_F(sound_reader_test, missing_file_is_refused_with_its_name) {
    EXPECT_TRUE(contains(why_refused(directory / "none.wav"), "no such file"));
}

TEST_F(sound_reader_test, directory_is_refused) {
    EXPECT_TRUE(contains(why_refused(directory.path()), "is a directory"));
}

TEST_F(sound_reader_test, empty_file_is_refused) {
    write_file(directory / "empty.wav", "");
    EXPECT_TRUE(contains(why_refused(directory / "empty.wav"), "is empty"));
    write_file(directory / "empty.slin", "");
    EXPECT_TRUE(contains(why_refused(directory / "empty.slin"), "is empty"));
}

TEST_F(sound_reader_test, unreadable_file_is_refused) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root may read anything";
    }
    const auto path = directory / "secret.wav";
    write_file(path, wav(1, 1, 8000, 16, "1234"));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    EXPECT_TRUE(contains(why_refused(path), "permissions"));
}

TEST_F(sound_reader_test, text_is_refused_with_a_way_out) {
    write_file(directory / "notes.wav", "Remember the milk.");
    EXPECT_TRUE(contains(why_refused(directory / "notes.wav"), "is text, not sound; open it in an editor"));
}

TEST_F(sound_reader_test, wav_without_samples_is_refused) {
    write_file(directory / "none.wav", wav(1, 1, 8000, 16, ""));
    EXPECT_TRUE(contains(why_refused(directory / "none.wav"), "holds no sound"));
}

TEST_F(sound_reader_test, too_many_channels_are_refused) {
    write_file(directory / "many.wav", wav(1, 65, 8000, 16, std::string(65 * 2 * 10, 'a')));
    EXPECT_TRUE(contains(why_refused(directory / "many.wav"), "channels"));
}

TEST_F(sound_reader_test, rates_that_cannot_be_converted_are_refused) {
    write_file(directory / "slow.wav", wav(1, 1, 100, 16, std::string(200, 'a')));
    EXPECT_TRUE(contains(why_refused(directory / "slow.wav"), "100 Hz"));
    write_file(directory / "good.wav", wav(1, 1, 8000, 16, std::string(200, 'a')));
    EXPECT_THROW(sound_reader(directory / "good.wav", 3), std::invalid_argument);
}

TEST_F(sound_reader_test, mono_16_bit_at_its_own_rate_is_bit_exact) {
    const samples in = test::random_samples(10000, 1);
    for (const std::string suffix : {".wav", ".flac", ".slin", ".sln", ".raw", ".sln8"}) {
        const auto path = directory / ("exact" + suffix);
        sound_writer writer(path, 8000);
        ASSERT_TRUE(writer.write(in));
        ASSERT_TRUE(writer.close());
        for (const int rate : {8000, sound_reader::native_rate_hz}) {
            sound_reader reader(path, rate);
            EXPECT_EQ(reader.rate_hz(), 8000);
            EXPECT_EQ(reader.file_channels(), 1);
            EXPECT_EQ(reader.duration(), 1250ms);
            EXPECT_EQ(read_all(reader), in) << suffix;
            EXPECT_EQ(reader.failure(), "");
        }
    }
}

TEST_F(sound_reader_test, suffix_of_a_headerless_file_names_rate_and_law) {
    const std::array<std::pair<const char*, int>, 18> rates{{
        {".slin12", 12000},
        {".sln12", 12000},
        {".slin16", 16000},
        {".sln16", 16000},
        {".slin24", 24000},
        {".sln24", 24000},
        {".slin32", 32000},
        {".sln32", 32000},
        {".slin44", 44100},
        {".sln44", 44100},
        {".slin48", 48000},
        {".SLN48", 48000},
        {".slin96", 96000},
        {".sln96", 96000},
        {".sln192", 192000},
        {".raw", 8000},
        {".pcm", 8000},
        {".al", 8000},
    }};
    for (const auto& [suffix, rate] : rates) {
        write_file(directory / (std::string("x") + suffix), std::string(1000, '\x12'));
        EXPECT_EQ(sound_reader(directory / (std::string("x") + suffix)).rate_hz(), rate) << suffix;
    }
    for (const std::string suffix : {".ulaw", ".ul", ".mu", ".pcm", ".ulw"}) {
        write_file(directory / ("u" + suffix), std::string(10, '\x12'));
        sound_reader reader(directory / ("u" + suffix));
        EXPECT_EQ(read_all(reader), samples(10, ulaw_to_linear(0x12))) << suffix;
    }
    for (const std::string suffix : {".alaw", ".al", ".alw"}) {
        write_file(directory / ("a" + suffix), std::string(10, '\x12'));
        sound_reader reader(directory / ("a" + suffix));
        EXPECT_EQ(read_all(reader), samples(10, alaw_to_linear(0x12))) << suffix;
    }
}

TEST_F(sound_reader_test, dialogic_adpcm_comes_back_much_as_it_was) {
    const samples in = test::make(8000, -10, test::sine(440));
    sound_writer writer(directory / "x.vox", 8000);
    ASSERT_TRUE(writer.write(in));
    ASSERT_TRUE(writer.close());
    EXPECT_EQ(std::filesystem::file_size(directory / "x.vox"), 4000U);
    sound_reader reader(directory / "x.vox");
    const samples out = read_all(reader);
    ASSERT_EQ(out.size(), in.size());
    for (std::size_t i = 100; i < out.size(); ++i) {
        ASSERT_NEAR(out[i], in[i], 1500) << i;
    }
}

TEST_F(sound_reader_test, channels_are_averaged) {
    std::string data;
    for (const int value : {1000, 2000, 6000}) {
        data += little_endian(static_cast<std::uint32_t>(value), 2);
    }
    write_file(directory / "three.wav", wav(1, 3, 8000, 16, data + data));
    sound_reader reader(directory / "three.wav");
    EXPECT_EQ(reader.file_channels(), 3);
    EXPECT_EQ(read_all(reader), samples(2, 3000));
}

TEST_F(sound_reader_test, opposite_extremes_average_without_overflow) {
    std::string data;
    for (int i = 0; i < 64; ++i) {
        data += little_endian(0x8000, 2);
    }
    write_file(directory / "loud.wav", wav(1, 64, 8000, 16, data));
    sound_reader reader(directory / "loud.wav");
    EXPECT_EQ(read_all(reader), samples(1, -32768));
}

TEST_F(sound_reader_test, floats_are_scaled_from_one_and_clipped) {
    std::string data;
    for (const float value : {0.0F, 0.5F, -0.5F, 1.0F, -1.0F, 7.0F, -7.0F, std::nanf("")}) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        data += little_endian(bits, 4);
    }
    write_file(directory / "float.wav", wav(3, 1, 8000, 32, data));
    sound_reader reader(directory / "float.wav");
    const samples expected{0, 16384, -16384, 32767, -32768, 32767, -32768, 0};
    EXPECT_EQ(read_all(reader), expected);
}

TEST_F(sound_reader_test, samples_of_24_bits_are_rounded) {
    std::string data;
    for (const std::uint32_t value : {0x123456U, 0x1234c0U, 0xffff00U, 0x7fffffU}) {
        data += little_endian(value, 3);
    }
    write_file(directory / "deep.wav", wav(1, 1, 8000, 24, data));
    sound_reader reader(directory / "deep.wav");
    EXPECT_EQ(read_all(reader), (samples{0x1234, 0x1235, -1, 0x7fff}));
}

TEST_F(sound_reader_test, other_rates_are_converted_to_the_exact_length) {
    sound_writer writer(directory / "wide.wav", 44100);
    writer.write(test::make(44100, -6, test::sine(1000, 44100)));
    writer.close();
    sound_reader reader(directory / "wide.wav", 8000);
    EXPECT_EQ(reader.file_rate_hz(), 44100);
    EXPECT_EQ(reader.rate_hz(), 8000);
    const samples out = read_all(reader, 33);
    const samples ideal = test::make(8000, -6, test::sine(1000));
    ASSERT_EQ(out.size(), ideal.size());
    for (std::size_t i = 100; i < 7900; ++i) {
        ASSERT_NEAR(out[i], ideal[i], 8) << i;
    }
}

TEST_F(sound_reader_test, ogg_comes_back_much_as_it_was) {
    sound_writer writer(directory / "sound.ogg", 16000);
    const samples in = test::make(16000, -10, test::sine(440, 16000));
    writer.write(in);
    ASSERT_TRUE(writer.close());
    sound_reader reader(directory / "sound.ogg");
    const samples out = read_all(reader);
    ASSERT_EQ(out.size(), in.size());
    for (std::size_t i = 1000; i < 15000; ++i) {
        ASSERT_NEAR(out[i], in[i], 700) << i;
    }
}

TEST_F(sound_reader_test, frames_keep_their_channels_however_they_are_read) {
    const samples in = test::random_samples(30'000, 5);
    sound_writer writer(directory / "stereo.wav", 16000, 2);
    writer.write(in);
    ASSERT_TRUE(writer.close());
    for (const std::size_t block : {std::size_t{2}, std::size_t{9}, std::size_t{7000}, in.size() + 50}) {
        sound_reader reader(directory / "stereo.wav");
        samples out, piece(block);
        while (const std::size_t got = reader.read_frames(piece)) {
            EXPECT_EQ(got % 2, 0U);
            out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
        }
        EXPECT_EQ(out, in) << block;
        EXPECT_EQ(reader.failure(), "");
    }
}

TEST_F(sound_reader_test, frames_of_floating_point_are_rounded_as_when_mixed) {
    std::string data;
    for (const std::uint32_t bits : {0x3f000000U, 0xbf800000U, 0x40000000U, 0U}) { // 0.5, -1, 2, 0
        data += little_endian(bits, 4);
    }
    write_file(directory / "x.wav", wav(3, 2, 8000, 32, data));
    sound_reader reader(directory / "x.wav");
    samples out(8);
    ASSERT_EQ(reader.read_frames(out), 4U);
    EXPECT_EQ((samples{16384, -32768, 32767, 0}), samples(out.begin(), out.begin() + 4));
}

TEST_F(sound_reader_test, file_cut_short_ends_early_and_says_so) {
    const auto path = directory / "cut.flac";
    sound_writer writer(path, 8000);
    writer.write(test::random_samples(80000, 2));
    writer.close();
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    sound_reader reader(path);
    const samples out = read_all(reader);
    EXPECT_LT(out.size(), 80000U);
    EXPECT_GT(out.size(), 20000U);
    EXPECT_NE(reader.failure(), "");
    samples more(10);
    EXPECT_EQ(reader.read(more), 0U);
}

TEST_F(sound_reader_test, format_name_is_for_people) {
    write_file(directory / "x.wav", wav(1, 1, 8000, 16, "1234"));
    EXPECT_EQ(sound_reader(directory / "x.wav").format_name(), "WAV (Microsoft), Signed 16 bit PCM");
}

TEST_F(sound_reader_test, reading_nothing_at_all_is_no_end) {
    write_file(directory / "x.wav", wav(1, 1, 8000, 16, "1234"));
    sound_reader reader(directory / "x.wav");
    EXPECT_EQ(reader.read({}), 0U);
    samples out(5);
    EXPECT_EQ(reader.read(out), 2U);
}

} // namespace
} // namespace audiosocket
