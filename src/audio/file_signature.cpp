// SPDX-License-Identifier: Apache-2.0
// There are three kinds of evidence: fixed bytes at a fixed place, frames of MPEG audio or AAC that follow each other,
// and text. Fixed bytes are at least four, or are checked together with the bytes behind them.

#include "audio/file_signature.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>

namespace audiosocket {
namespace {

using namespace std::string_view_literals;
using content = file_signature::content;

constexpr auto fetch_again = "open it in an editor: it may be the error message of a download"sv;
constexpr auto unpack = "unpack it first"sv;
constexpr auto name_another = "name a sound file"sv;
constexpr auto a_capture = "show it with: audiosocket inspect FILE"sv;

struct magic {
    std::string_view start;
    file_signature signature;
    std::size_t more_at = 0; // where `more` must be
    std::string_view more = {};
};

constexpr magic magics[] = {
    {"RIFF"sv, {content::readable, "a WAV file", "rename it to .wav"}, 8, "WAVE"sv},
    {"RIFX"sv, {content::readable, "a big-endian WAV file", "rename it to .wav"}, 8, "WAVE"sv},
    {"RF64"sv, {content::readable, "a WAV file (RF64)", "rename it to .wav"}, 8, "WAVE"sv},
    {"riff\x2e\x91\xcf\x11"sv, {content::readable, "a Wave64 file", "rename it to .w64"}},
    {"fLaC"sv, {content::readable, "a FLAC file", "rename it to .flac"}},
    {"FORM"sv, {content::readable, "an AIFF file", "rename it to .aiff"}, 8, "AIF"sv},
    {".snd\0\0"sv, {content::readable, "an AU file", "rename it to .au"}, 12, "\0\0\0"sv}, // the codec's number
    {"caff\0\1"sv, {content::readable, "a CAF file", "rename it to .caf"}},
    {"Creative Voice File"sv, {content::readable, "a VOC file", "rename it to .voc"}},
    {"NIST_1A\n"sv, {content::readable, "a NIST SPHERE file", "rename it to .sph"}},

    {"\x1a\x45\xdf\xa3"sv, {content::foreign, "a WebM or Matroska file", {}}},
    {"\0\0"sv, {content::foreign, "an MP4 file (M4A, AAC)", {}}, 4, "ftyp"sv},
    {"#!AMR"sv, {content::foreign, "an AMR file", {}}},
    {"#!iLBC"sv, {content::foreign, "an iLBC file", {}}},
    {"ADIF"sv, {content::foreign, "an AAC file", {}}},
    {"\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, {content::foreign, "a WMA file", {}}},
    {"wvpk"sv, {content::foreign, "a WavPack file", {}}},
    {"TTA1"sv, {content::foreign, "a True Audio file", {}}},
    {"FLV\x01"sv, {content::foreign, "a Flash video", {}}},
    {"RIFF"sv, {content::foreign, "an AVI video", {}}, 8, "AVI "sv},
    {"RIFF"sv, {content::foreign, "a QCP file", {}}, 8, "QLCM"sv},

    {"HTTP/1."sv, {content::other, "an HTTP response with its header", "save the body only"}},
    {"version https://git-lfs"sv, {content::other, "a pointer of Git LFS", "fetch the file with: git lfs pull"}},
    {"%PDF-"sv, {content::other, "a PDF document", name_another}},
    {"\x89PNG"sv, {content::other, "a PNG image", name_another}},
    {"\xff\xd8\xff\xe0"sv, {content::other, "a JPEG image", name_another}},
    {"\xff\xd8\xff\xe1"sv, {content::other, "a JPEG image", name_another}},
    {"GIF8"sv, {content::other, "a GIF image", name_another}},
    {"RIFF"sv, {content::other, "a WebP image", name_another}, 8, "WEBP"sv},
    {"MThd\0\0\0\6"sv, {content::other, "a MIDI file", "render its notes to sound first"}},
    {"\x7f"
     "ELF"sv,
     {content::other, "an executable file", name_another}},
    {"PK\3\4"sv, {content::other, "a ZIP archive", unpack}},
    {"\x1f\x8b\x08"sv, {content::other, "compressed (gzip)", unpack}},
    {"\x28\xb5\x2f\xfd"sv, {content::other, "compressed (zstd)", unpack}},
    {"\xfd"
     "7zXZ"sv,
     {content::other, "compressed (xz)", unpack}},
    {"BZh"sv, {content::other, "compressed (bzip2)", unpack}, 4, "1AY&SY"sv},
    {"\xd4\xc3\xb2\xa1"sv, {content::other, "a capture of packets", a_capture}},
    {"\xa1\xb2\xc3\xd4"sv, {content::other, "a capture of packets", a_capture}},
    {"\x4d\x3c\xb2\xa1"sv, {content::other, "a capture of packets", a_capture}},
    {"\x0a\x0d\x0d\x0a"sv, {content::other, "a capture of packets", a_capture}},
};

bool has(std::string_view head, std::size_t at, std::string_view what) {
    return head.size() >= at + what.size() && head.substr(at, what.size()) == what;
}

unsigned byte_at(std::string_view head, std::size_t at) {
    return static_cast<unsigned char>(head[at]);
}

// The first packet of an Ogg page, behind a table of segments, names the codec.
std::optional<file_signature> recognise_ogg(std::string_view head) {
    constexpr std::size_t page_header_bytes = 27;
    if (!has(head, 0, "OggS\0"sv) || head.size() < page_header_bytes) return std::nullopt;
    const std::size_t packet = page_header_bytes + byte_at(head, page_header_bytes - 1);
    if (has(head, packet, "Speex   "sv)) return file_signature{content::foreign, "a Speex file", {}};
    if (has(head, packet, "OpusHead"sv))
        return file_signature{content::readable, "an Ogg Opus file", "rename it to .opus"};
    return file_signature{content::readable, "an Ogg file", "rename it to .ogg"};
}

// Returns whether there is an ID3 tag in front of MPEG audio: a version that exists, and a size in four bytes of seven
// bits.
bool has_id3(std::string_view head) {
    if (!has(head, 0, "ID3"sv) || head.size() < 10 || byte_at(head, 3) > 4) return false;
    return std::all_of(head.begin() + 6, head.begin() + 10,
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Returns the size of the AAC frame (ISO 14496-3, ADTS) at `at`, or 0 if no frame starts there.
std::size_t aac_frame_bytes(std::string_view head, std::size_t at) {
    constexpr std::size_t header_bytes = 7;
    if (head.size() < at + header_bytes || byte_at(head, at) != 0xff || (byte_at(head, at + 1) & 0xf6U) != 0xf0U)
        return 0;
    if ((byte_at(head, at + 2) >> 2U & 15U) > 12) return 0; // there is no such rate
    const std::size_t bytes =
        (byte_at(head, at + 3) & 3U) << 11U | byte_at(head, at + 4) << 3U | byte_at(head, at + 5) >> 5U;
    return bytes > header_bytes ? bytes : 0;
}

// Returns the size of the MPEG audio frame (ISO 11172-3 and 13818-3, layers II and III) at `at`, or 0 if no frame
// starts there.
std::size_t mpeg_frame_bytes(std::string_view head, std::size_t at) {
    constexpr std::array<std::uint16_t, 16> layer2{0,   32,  48,  56,  64,  80,  96,  112,
                                                   128, 160, 192, 224, 256, 320, 384, 0};
    constexpr std::array<std::uint16_t, 16> layer3{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
    constexpr std::array<std::uint16_t, 16> halved{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
    constexpr std::array<unsigned, 4> rates{44'100, 48'000, 32'000, 0};
    if (head.size() < at + 4 || byte_at(head, at) != 0xff || (byte_at(head, at + 1) & 0xe0U) != 0xe0U) return 0;
    const unsigned version = byte_at(head, at + 1) >> 3U & 3U; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    const unsigned layer = byte_at(head, at + 1) >> 1U & 3U;   // 1: III, 2: II
    if (version == 1 || layer == 0 || layer == 3) return 0;
    const auto& bitrates = version != 3 ? halved : layer == 2 ? layer2 : layer3;
    const unsigned bits = bitrates[byte_at(head, at + 2) >> 4U] * 1000U;
    const unsigned rate = rates[byte_at(head, at + 2) >> 2U & 3U] >> (version == 3 ? 0U : version == 2 ? 1U : 2U);
    if (bits == 0 || rate == 0) return 0;
    const unsigned samples_in_bytes = version != 3 && layer == 1 ? 72 : 144;
    return samples_in_bytes * bits / rate + (byte_at(head, at + 2) >> 1U & 1U);
}

// Returns whether frames follow each other: three, or two if the bytes end there.
template <class FrameBytes>
bool is_chain(std::string_view head, FrameBytes frame_bytes) {
    std::size_t at = 0;
    for (int frames = 0; frames < 3; ++frames) {
        const std::size_t bytes = frame_bytes(head, at);
        if (bytes == 0) return frames == 2 && at == head.size();
        at += bytes;
    }
    return true;
}

// Returns whether the bytes are UTF-8 letters and words, which sound longer than some samples never is. The last letter
// may be cut.
bool is_text(std::string_view text) {
    int letters = 0;
    bool has_gap = false;
    int continuation = 0; // bytes that the letter still needs
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (continuation != 0) {
            if ((u & 0xc0U) != 0x80U) return false;
            --continuation;
        } else if (u >= 0x80) {
            continuation = u >= 0xf0 ? 3 : u >= 0xe0 ? 2 : 1;
            if (u < 0xc2 || u > 0xf4) return false;
        } else if (u < ' ' || u > '~') {
            if (c != '\n' && c != '\r' && c != '\t') return false;
        }
        has_gap = has_gap || c == ' ' || c == '\n';
        letters += std::isalpha(u) != 0 ? 1 : 0;
    }
    return has_gap && letters >= 4;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && std::equal(start.begin(), start.end(), text.begin(), [](char a, char b) {
               return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
           });
}

std::optional<file_signature> recognise_text(std::string_view head) {
    if (has(head, 0, "\xef\xbb\xbf"sv)) head.remove_prefix(3); // a byte order mark
    const auto first = std::min(head.find_first_not_of(" \t\r\n"), head.size());
    const auto text = head.substr(first);
    if (starts_with_ignoring_case(text, "<!doctype") || starts_with_ignoring_case(text, "<html"))
        return file_signature{content::other, "HTML", fetch_again};
    if (has(text, 0, "<?xml"sv)) return file_signature{content::other, "XML", fetch_again};
    const bool has_brace = has(text, 0, "{\""sv) || has(text, 0, "[{"sv) || has(text, 0, "{\n"sv);
    if (has_brace && is_text(std::string(text) + "\n")) return file_signature{content::other, "JSON", fetch_again};
    if (is_text(head)) return file_signature{content::other, "text", fetch_again};
    return std::nullopt;
}

} // namespace

std::optional<file_signature> recognise(std::span<const std::byte> bytes) {
    const auto used = bytes.first(std::min(bytes.size(), signature_bytes));
    const std::string_view head(reinterpret_cast<const char*>(used.data()), used.size());
    for (const magic& m : magics) {
        if (has(head, 0, m.start) && has(head, m.more_at, m.more)) return m.signature;
    }
    if (const auto ogg = recognise_ogg(head)) return ogg;
    if (has_id3(head) || is_chain(head, mpeg_frame_bytes))
        return file_signature{content::readable, "an MP3 file", "rename it to .mp3"};
    if (is_chain(head, aac_frame_bytes)) return file_signature{content::foreign, "an AAC file", {}};
    return recognise_text(head);
}

} // namespace audiosocket
