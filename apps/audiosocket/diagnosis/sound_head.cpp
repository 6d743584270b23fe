// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/sound_head.hpp"

#include <array>

namespace audiosocket::app::diagnosis {
namespace {

// A pattern of bytes; '?' stands for any.
struct head {
    std::string_view pattern;
    std::string_view what;
};

using namespace std::string_view_literals;

constexpr std::array heads{
    head{"RIFF????WAVE"sv, "a WAV file"}, head{"RF64????WAVE"sv, "a WAV file"},
    head{"OggS\0"sv, "an Ogg file"},      head{"fLaC\0"sv, "a FLAC file"},
    head{"ID3\2\0"sv, "an MP3 file"},     head{"ID3\3\0"sv, "an MP3 file"},
    head{"ID3\4\0"sv, "an MP3 file"},     head{"FORM????AIF"sv, "an AIFF file"},
    head{".snd\0\0"sv, "an AU file"},     head{"#!AMR"sv, "an AMR file"},
    head{"????ftyp"sv, "an MP4 file"},    head{"\x1a\x45\xdf\xa3"sv, "a WebM file"},
    head{"caff\0\1\0\0"sv, "a CAF file"},
};

bool matches(std::span<const std::byte> bytes, std::string_view pattern) noexcept {
    if (bytes.size() < pattern.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i)
        if (pattern[i] != '?' && static_cast<char>(bytes[i]) != pattern[i]) return false;
    return true;
}

} // namespace

std::string_view sound_head(std::span<const std::byte> bytes) noexcept {
    for (const head& h : heads)
        if (matches(bytes, h.pattern)) return h.what;
    return {};
}

} // namespace audiosocket::app::diagnosis
