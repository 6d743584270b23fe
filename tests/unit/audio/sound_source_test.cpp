// SPDX-License-Identifier: Apache-2.0
// Evidence of a file's format: its first bytes before its suffix, its suffix before a guess.

#include "sound_files.hpp"

#include <audiosocket/audio/sound_writer.hpp>

#include <array>

namespace audiosocket {
namespace {

using namespace std::string_literals;
using test::contains;
using test::encoded;
using test::notes_of;
using test::read_all;
using test::samples;
using test::wav;
using test::why_refused;
using test::write_file;

class sound_source_test : public testing::Test {
  protected:
    std::filesystem::path file(const std::string& name, const std::string& content) const {
        write_file(directory / name, content);
        return directory / name;
    }

    test::temporary_directory directory;
    const samples speech = test::make(16'000, -6, test::voiced(150));
};

std::string both(const std::string& text) {
    return text + text;
}

TEST_F(sound_source_test, sound_with_a_header_is_read_as_what_it_is_under_any_name) {
    for (const std::string real : {".wav", ".flac", ".ogg"}) {
        sound_writer writer(directory / ("x" + real), 16'000);
        ASSERT_TRUE(writer.write(speech));
        ASSERT_TRUE(writer.close());
        for (const std::string suffix : {".sln", ".slin16", ".ulaw", ".alaw", ".gsm", ".raw", ".pcm"}) {
            std::filesystem::copy_file(directory / ("x" + real), directory / ("x" + suffix),
                                       std::filesystem::copy_options::overwrite_existing);
            sound_reader reader(directory / ("x" + suffix));
            EXPECT_EQ(reader.file_rate_hz(), 16'000) << real << suffix;
            EXPECT_EQ(read_all(reader).size(), speech.size()) << real << suffix;
            const std::string notes = notes_of(directory / ("x" + suffix));
            EXPECT_TRUE(contains(notes, "under the name " + suffix)) << notes;
            EXPECT_TRUE(contains(notes, "rename it to " + real)) << notes;
        }
        EXPECT_EQ(notes_of(directory / ("x" + real)), "");
    }
}

// A frame of MPEG-1, layer III, 128 kbit/s at 44.1 kHz: 417 bytes.
TEST_F(sound_source_test, frames_of_mpeg_audio_are_no_samples) {
    std::string frame("\xff\xfb\x90\xc0", 4);
    frame.resize(417);
    const auto mp3 = file("x.sln", frame + frame + frame + frame);
    try {
        EXPECT_TRUE(contains(notes_of(mp3), "is an MP3 file under the name .sln"));
    } catch (const sound_error& error) { // a libsndfile without MP3
        EXPECT_TRUE(contains(error.what(), "is an MP3 file that libsndfile cannot read")) << error.what();
    }
    EXPECT_EQ(notes_of(file("y.ulaw", frame)), ""); // one may be chance
}

TEST_F(sound_source_test, what_is_not_sound_is_refused_by_name) {
    struct example {
        std::string content;
        std::string why;
    };
    const std::array examples{
        example{"<!DOCTYPE html><html><body>404 Not Found</body></html>", "is HTML, not sound"},
        example{"\n  <HTML>\n<head>", "is HTML, not sound"},
        example{R"({"error":{"message":"invalid api key"}})", "is JSON, not sound"},
        example{"<?xml version='1.0'?>", "is XML, not sound"},
        example{"Error: no such voice\n", "is text, not sound"},
        example{"Fehler: keine Stimme f\xc3\xbcr \xe2\x80\x9eja", "is text, not sound"},
        example{"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n\1\2\3", "is an HTTP response with its header"},
        example{"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"},
        example{"PK\3\4\0\1"s, "unpack it first"},
        example{"\x1f\x8b\x08\0"s, "unpack it first"},
        example{"\xd4\xc3\xb2\xa1\2\0"s, "audiosocket inspect"},
        example{"%PDF-1.7", "is a PDF document"},
        example{"RIFF\1\2\3\4WEBPVP8", "is a WebP image"},
    };
    for (const auto& [content, why] : examples) {
        for (const std::string suffix : {".ulaw", ".sln", ".wav", ".mp3"}) {
            EXPECT_TRUE(contains(why_refused(file("x" + suffix, content)), why))
                << why_refused(directory / ("x" + suffix));
        }
        EXPECT_THROW(sound_reader(file("x.txt", content)), sound_unrecognised) << content;
    }
    EXPECT_THROW(sound_reader(file("x.bin", "\1\2\3\4\5\6\7")), sound_unrecognised);
    EXPECT_TRUE(contains(why_refused(file("x.wav", "\1\2\3\4\5\6\7")), "is not a sound file that is known here"));
}

TEST_F(sound_source_test, other_sound_is_refused_with_a_command_that_reads_it) {
    struct example {
        std::string suffix;
        std::string content;
        std::string what;
        std::string command; // as far as the file's name
    };
    const std::string aac_frame = "\xff\xf1\x60\x40\x02\x00\xfc"s + std::string(9, '\x21'); // 16 bytes
    const std::string speex_page = "OggS\0\2"s + std::string(20, '\1') + "\1\x50Speex   1.2";
    const std::string noise = encoded(encoding::slin, test::random_samples(500, 1));
    const std::array examples{
        example{".m4a", "\0\0\0\x1c"s + "ftypM4A ", "is an MP4 file (M4A, AAC)", "ffmpeg -i "},
        example{".webm", "\x1a\x45\xdf\xa3\x9f", "is a WebM or Matroska file", "ffmpeg -i "},
        example{".aac", both(both(aac_frame)), "is an AAC file", "ffmpeg -i "},
        example{".aac", "ADIF\1\2", "is an AAC file", "ffmpeg -i "},
        example{".spx", speex_page, "is a Speex file", "ffmpeg -i "},
        example{".amr", "#!AMR\n<", "is an AMR file", "ffmpeg -i "},
        example{".wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "is a WMA file", "ffmpeg -i "},
        example{".sln", "\x1a\x45\xdf\xa3\x9f", "is a WebM or Matroska file", "ffmpeg -i "},
        example{".ulaw", both(both(aac_frame)), "is an AAC file", "ffmpeg -i "},
        example{".mp3", noise, "is not a sound file that is known here", "ffmpeg -i "},
        example{".g722", noise, "is G.722 by its suffix", "ffmpeg -f g722 -i "},
        example{".G729", noise, "is G.729 by its suffix", "ffmpeg -f g729 -i "},
        example{".g723", noise, "is G.723.1 by its suffix", "ffmpeg -f g723_1 -i "},
        example{".g726-32", noise, "is G.726 by its suffix", "ffmpeg -f g726le -code_size 4 -i "},
        example{".ilbc", noise, "is iLBC by its suffix", "asterisk -rx 'file convert "},
        example{".siren7", noise, "is Siren 7 by its suffix", "asterisk -rx 'file convert "},
    };
    for (const auto& [suffix, content, what, command] : examples) {
        const auto path = file("x" + suffix, content);
        const std::string why = why_refused(path);
        EXPECT_TRUE(contains(why, what)) << why;
        EXPECT_TRUE(contains(why, command + path.string())) << why;
        EXPECT_TRUE(contains(why, (directory / "x.wav").string())) << why;
        EXPECT_FALSE(contains(why, "nspecified")) << why;
    }
}

TEST_F(sound_source_test, command_quotes_the_file_and_does_not_overwrite_it) {
    EXPECT_TRUE(
        contains(why_refused(file("it's me.m4a", "\0\0\0\x1c"s + "ftypM4A ")), "it'\\''s me.m4a' -ar 8000 -ac 1 '"));
    const std::string why = why_refused(file("x.wav", wav(1, 1, 100, 16, std::string(200, 'a'))));
    EXPECT_TRUE(contains(why, "x-8k.wav")) << why;
}

TEST_F(sound_source_test, silence_is_neither_text_nor_frames) {
    EXPECT_EQ(notes_of(file("x.alaw", std::string(8000, '\x55'))), ""); // the letter U
    EXPECT_EQ(notes_of(file("y.alaw", std::string(8000, '\xd5'))), "");
    EXPECT_EQ(notes_of(file("x.ulaw", std::string(8000, '\x7f'))), "");
    EXPECT_EQ(notes_of(file("y.ulaw", std::string(8000, '\xff'))), "");
    EXPECT_EQ(notes_of(file("x.sln", std::string(8000, '\0'))), "");
}

TEST_F(sound_source_test, samples_of_another_encoding_than_the_suffix_says_are_noted) {
    samples wide = test::make(48'000, -6, [](std::size_t i) {
        const double t = static_cast<double>(i) / 24'000;
        double voice = 0;
        for (int h = 1; h < 5; ++h) {
            voice += std::sin(2 * std::numbers::pi * 150 * h * t) / h;
        }
        return 0.4 * voice;
    });
    const std::string note = notes_of(file("x.pcm", encoded(encoding::slin, wide)));
    EXPECT_TRUE(contains(note, ".pcm stands for mu-law at 8000 Hz, but this looks like 16-bit PCM")) << note;
    EXPECT_TRUE(contains(note, "rename it to the suffix of its rate")) << note;

    const std::string slin = encoded(encoding::slin, speech);
    EXPECT_TRUE(contains(notes_of(file("x.alaw", slin)), "looks like 16-bit PCM"));
    const std::string ulaw = encoded(encoding::ulaw, speech);
    EXPECT_TRUE(
        contains(notes_of(file("x.sln", ulaw)), "looks like mu-law; if it sounds like noise, rename it to .ulaw"));
    EXPECT_TRUE(contains(notes_of(file("y.alaw", ulaw)), "looks like mu-law"));
    const std::string alaw = encoded(encoding::alaw, speech);
    EXPECT_TRUE(contains(notes_of(file("x.raw", alaw)), "looks like A-law"));
    EXPECT_TRUE(contains(notes_of(file("x.ulaw", alaw)), "looks like A-law"));

    sound_writer gsm(directory / "x.gsm", 8000);
    ASSERT_TRUE(gsm.write(speech));
    ASSERT_TRUE(gsm.close());
    for (const std::string suffix : {".sln", ".ulaw"}) {
        std::filesystem::copy_file(directory / "x.gsm", directory / ("gsm" + suffix));
        EXPECT_TRUE(contains(notes_of(directory / ("gsm" + suffix)), "looks like GSM 06.10")) << suffix;
    }

    std::string swapped = slin;
    for (std::size_t i = 0; i < swapped.size(); i += 2) {
        std::swap(swapped[i], swapped[i + 1]);
    }
    const std::string order = notes_of(file("x.sln16", swapped));
    EXPECT_TRUE(contains(order, "looks like 16-bit PCM with the high byte first")) << order;
    EXPECT_TRUE(contains(order, "ffmpeg -f s16be -ar 16000 -ac 1 -i ")) << order;
}

TEST_F(sound_source_test, right_suffix_is_never_doubted) {
    std::vector<test::wave> waves{test::voiced(110),         test::voiced(235), test::gaussian_noise(1, 0.3),
                                  test::uniform_noise(2),    test::sine(425),   test::sine(1004),
                                  test::gaussian_noise(3, 5)};
    for (const double hz : {500.0, 1000.0, 2000.0, 3900.0}) {
        waves.push_back(test::sine(hz));
        waves.push_back([square = test::sine(hz / 5)](std::size_t i) { return square(i) > 0 ? 1.0 : -1.0; });
    }
    for (std::size_t i = 0; i < waves.size(); ++i) {
        for (const int dbfs : {-50, -20, 0}) {
            const samples sound = test::make(16'000, dbfs, waves[i]);
            EXPECT_EQ(notes_of(file("x.sln", encoded(encoding::slin, sound))), "") << i << " " << dbfs;
            EXPECT_EQ(notes_of(file("x.ulaw", encoded(encoding::ulaw, sound))), "") << i << " " << dbfs;
            EXPECT_EQ(notes_of(file("x.alaw", encoded(encoding::alaw, sound))), "") << i << " " << dbfs;
        }
    }
    EXPECT_EQ(notes_of(file("x.sln", encoded(encoding::slin, test::random_samples(16'000, 5)))), "");
}

} // namespace
} // namespace audiosocket
