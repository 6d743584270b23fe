// SPDX-License-Identifier: Apache-2.0
// Headers that do not agree with their files: the file is right.

#include "sound_files.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <array>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::encoded;
using test::little_endian;
using test::notes_of;
using test::read_all;
using test::samples;
using test::wav;
using test::why_refused;
using test::write_file;

class sound_layout_test : public testing::Test {
  protected:
    std::filesystem::path file(const std::string& content, const std::string& name = "x.wav") const {
        write_file(directory / name, content);
        return directory / name;
    }

    // Expects that the file has all of this sound, without notes.
    void expect_all(const std::string& content, const samples& expected) const {
        sound_reader reader(file(content));
        EXPECT_EQ(reader.duration(), std::chrono::microseconds(expected.size() * 125));
        EXPECT_EQ(read_all(reader), expected);
        EXPECT_EQ(reader.failure(), "");
        EXPECT_TRUE(reader.notes().empty()) << reader.notes().front();
    }

    test::temporary_directory directory;
    const samples sound = test::make(16'000, -6, test::voiced(150));
    const std::string pcm = encoded(encoding::slin, sound);
};

TEST_F(sound_layout_test, placeholder_for_the_size_is_not_believed) {
    constexpr std::array<std::uint32_t, 5> placeholders{0, 0x7fff'f000, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff};
    for (const std::uint32_t data : placeholders) {
        for (const std::uint32_t riff : {0U, 36U, data + 36, 0xffff'ffffU}) {
            SCOPED_TRACE(testing::Message() << data << " " << riff);
            expect_all(wav(1, 1, 8000, 16, pcm, {riff, data}), sound);
        }
    }
    const std::string ulaw = encoded(encoding::ulaw, sound);
    samples heard;
    for (const char c : ulaw) {
        heard.push_back(ulaw_to_linear(static_cast<std::uint8_t>(c)));
    }
    expect_all(wav(7, 1, 8000, 8, ulaw, {0, 0}), heard);
}

TEST_F(sound_layout_test, placeholder_in_other_byte_orders_and_sizes_is_not_believed) {
    std::string big = wav(1, 1, 8000, 16, pcm, {0, 0});
    big[3] = 'X';
    for (const auto& [at, bytes] : {std::pair{16, 4}, {20, 2}, {22, 2}, {24, 4}, {28, 4}, {32, 2}, {34, 2}}) {
        std::reverse(big.begin() + at, big.begin() + at + bytes);
    }
    for (std::size_t i = 44; i < big.size(); i += 2) {
        std::swap(big[i], big[i + 1]);
    }
    expect_all(big, sound);

    // ffmpeg writes RF64 to a pipe like this: the three 64-bit sizes (whole, sound, frames) are 0.
    const std::string plain = wav(1, 1, 8000, 16, pcm, {0xffff'ffff, 0xffff'ffff});
    const std::string ds64 = "ds64" + little_endian(28, 4) + std::string(28, '\0');
    expect_all("RF64" + plain.substr(4, 8) + ds64 + plain.substr(12), sound);

    const std::string au_header = std::string(".snd\0\0\0\x18\0\0\0\0\0\0\0\1\0\0\x1f\x40\0\0\0\1", 24);
    const samples silence_in_ulaw(8000, 0);
    sound_reader reader(file(au_header + std::string(8000, '\xff'), "x.au"));
    EXPECT_EQ(read_all(reader), silence_in_ulaw);
}

TEST_F(sound_layout_test, count_of_no_frames_is_not_believed) {
    const std::string fmt = "fmt " + little_endian(20, 4) + little_endian(49, 2) + little_endian(1, 2) +
                            little_endian(8000, 4) + little_endian(1625, 4) + little_endian(65, 2) +
                            little_endian(0, 2) + little_endian(2, 2) + little_endian(320, 2);
    const std::string fact = "fact" + little_endian(4, 4) + little_endian(0, 4);
    for (const std::uint32_t data : {0U, 50U * 65U}) {
        const std::string gsm = "RIFF" + little_endian(0, 4) + "WAVE" + fmt + fact + "data" + little_endian(data, 4) +
                                std::string(50 * 65, '\0');
        sound_reader reader(file(gsm));
        EXPECT_EQ(reader.duration(), 2s) << data;
        EXPECT_EQ(read_all(reader).size(), 16'000U) << data;
        EXPECT_TRUE(reader.notes().empty());
    }
}

TEST_F(sound_layout_test, size_of_nothing_is_believed_where_nothing_but_chunks_follows) {
    const std::string list = "LIST" + little_endian(4, 4) + "INFO";
    EXPECT_TRUE(contains(why_refused(file(wav(1, 1, 8000, 16, "", {48, 0}) + list)), "holds no sound"));
}

TEST_F(sound_layout_test, file_shorter_than_its_header_is_played_as_far_as_it_goes) {
    const auto path = file(wav(1, 1, 8000, 16, pcm).substr(0, 44 + 20'000));
    sound_reader reader(path);
    EXPECT_EQ(read_all(reader), samples(sound.begin(), sound.begin() + 10'000));
    EXPECT_EQ(reader.failure(), "");
    EXPECT_TRUE(contains(notes_of(path), "the header promises 2.00 s, but the file ends after 1.25 s"));
}

TEST_F(sound_layout_test, only_the_first_of_two_wav_files_is_played) {
    const std::string one = wav(1, 1, 8000, 16, pcm);
    const std::string odd = wav(7, 1, 8000, 8, std::string(8001, '\x12'));
    const auto two = file(one + one);
    sound_reader reader(two);
    EXPECT_EQ(read_all(reader), sound);
    EXPECT_TRUE(contains(notes_of(two), "a second WAV file of 2.00 s follows the first and is not played"));
    EXPECT_EQ(clip::load(two, 8000).duration(), 2s);

    EXPECT_TRUE(contains(notes_of(file(one + one + one)), "2 more WAV files follow the first"));
    EXPECT_TRUE(contains(notes_of(file(odd + one)), "a second WAV file of 2.00 s")); // without padding
    EXPECT_TRUE(contains(notes_of(file(odd + '\0' + one)), "a second WAV file of 2.00 s"));
}

TEST_F(sound_layout_test, sound_behind_the_size_in_the_header_is_noted) {
    const auto path = file(wav(1, 1, 8000, 16, pcm, {8036, 8000}));
    EXPECT_EQ(sound_reader(path).duration(), 500ms);
    EXPECT_TRUE(contains(notes_of(path),
                         "24000 bytes behind the sound are not played, because the header ends it after "
                         "0.50 s"));
}

TEST_F(sound_layout_test, chunks_behind_the_sound_are_no_news) {
    const std::string list = "LIST" + little_endian(6000, 4) + std::string(6000, 'x');
    expect_all(wav(1, 1, 8000, 16, pcm) + list, sound);
}

TEST_F(sound_layout_test, header_cut_anywhere_is_refused_or_read) {
    const std::string whole = wav(1, 1, 8000, 16, pcm.substr(0, 100), {0, 0});
    for (std::size_t size = 1; size <= 44; ++size) {
        EXPECT_NE(why_refused(file(whole.substr(0, size))), "not refused") << size;
    }
    for (std::size_t size = 46; size <= whole.size(); ++size) {
        EXPECT_EQ(why_refused(file(whole.substr(0, size))), "not refused") << size;
    }
}

TEST_F(sound_layout_test, no_header_makes_the_reader_fall) {
    std::mt19937 engine(13);
    const std::string good = wav(1, 1, 8000, 16, pcm.substr(0, 2000)) + wav(1, 1, 8000, 16, pcm.substr(0, 2000));
    for (int i = 0; i < 500; ++i) {
        std::string bad = good;
        for (int changes = 0; changes < 3; ++changes) {
            bad[engine() % 60] = static_cast<char>(engine() % 256);
        }
        try {
            sound_reader reader(file(bad));
            EXPECT_LE(read_all(reader, 5000).size(), 300'000U);
        } catch (const sound_error&) {
        }
    }
}

} // namespace
} // namespace audiosocket
