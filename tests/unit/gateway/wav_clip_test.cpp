// SPDX-License-Identifier: Apache-2.0
#include "gateway/wav_clip.hpp"

#include "unit/gateway/wav_file.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using gateway::payload_format;
using gateway::read_wav;
using test::wav_file;
using test::operator+;

namespace {

test::bytes audio_of(const gateway::wav_clip& clip) {
    return {clip.audio.begin(), clip.audio.end()};
}

const auto audio = test::numbered(50);

} // namespace

TEST(wav_clip, pcm_and_g711_are_read) {
    const std::pair<test::wav_header, payload_format> kinds[]{
        {{}, {encoding::slin, 8000}},
        {{.rate_hz = 44'100}, {encoding::slin, 44'100}},
        {{.tag = 7, .bits = 8}, {encoding::ulaw, 8000}},
        {{.tag = 6, .bits = 8}, {encoding::alaw, 8000}},
        {{.tag = 0xfffe, .subformat = 1}, {encoding::slin, 8000}},
    };
    for (const auto& [header, format] : kinds) {
        const auto file = wav_file(header, audio);
        const auto clip = read_wav(file);
        EXPECT_EQ(clip.fault, "");
        EXPECT_EQ(clip.format, format);
        EXPECT_EQ(audio_of(clip), audio);
    }
}

TEST(wav_clip, other_chunks_are_passed_over) {
    const auto file = wav_file({}, audio, test::chunk("LIST", test::raw("odd")) + test::chunk("fact", test::bytes(4)));
    EXPECT_EQ(audio_of(read_wav(file)), audio);
}

TEST(wav_clip, what_stands_behind_the_audio_is_not_played) {
    const auto file = wav_file({}, audio) + test::chunk("LIST", test::bytes(40));
    EXPECT_EQ(audio_of(read_wav(file)), audio);
}

TEST(wav_clip, a_file_without_a_length_is_played_to_its_end) {
    for (const std::uint32_t claimed : {0U, 0xffff'ffffU, 101U}) {
        const auto file = wav_file({.data_bytes = claimed}, audio);
        EXPECT_EQ(audio_of(read_wav(file)), audio) << claimed;
    }
}

TEST(wav_clip, what_cannot_be_played_says_why) {
    const std::pair<test::bytes, const char*> bad[]{
        {{}, "not a WAV file"},
        {test::raw("RIFF....AVI "), "not a WAV file"},
        {wav_file({.channels = 2}, audio), "2 channels"},
        {wav_file({.bits = 24}, audio), "24 bits"},
        {wav_file({.tag = 3, .bits = 32}, audio), "format 3"},
        {wav_file({.rate_hz = 1}, audio), "1 Hz"},
        {wav_file({.rate_hz = 0xffff'ffff}, audio), "4294967295 Hz"},
    };
    for (const auto& [file, why] : bad)
        EXPECT_NE(read_wav(file).fault.find(why), std::string::npos) << read_wav(file).fault;
}

TEST(wav_clip, a_file_that_is_cut_anywhere_is_played_as_far_as_it_goes_or_refused) {
    const auto whole = wav_file({}, audio);
    const auto before_audio_bytes = whole.size() - audio.size();
    for (std::size_t end = 0; end < whole.size(); ++end) {
        const test::bytes file(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(end)); // exact, for ASan
        const auto clip = read_wav(file);
        EXPECT_EQ(clip.fault.empty(), end >= before_audio_bytes) << end;
        EXPECT_EQ(clip.audio.size(), end < before_audio_bytes ? 0 : end - before_audio_bytes);
    }
}
