// SPDX-License-Identifier: Apache-2.0
#include "audio/sound_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace audiosocket {
namespace {

struct known_suffix {
    std::string_view suffix;
    sound_format format;
};

constexpr int slin = SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE;
constexpr int ulaw = SF_FORMAT_RAW | SF_FORMAT_ULAW;
constexpr int alaw = SF_FORMAT_RAW | SF_FORMAT_ALAW;
constexpr int gsm = SF_FORMAT_RAW | SF_FORMAT_GSM610;
constexpr int vox = SF_FORMAT_RAW | SF_FORMAT_VOX_ADPCM;

// Asterisk's own suffixes (formats/format_sln.c, format_pcm.c, format_gsm.c, format_vox.c), and those of sox. Note that
// .pcm is mu-law in Asterisk.
constexpr std::array headerless{
    known_suffix{".slin", {slin, 8'000}},      known_suffix{".sln", {slin, 8'000}},
    known_suffix{".slin8", {slin, 8'000}},     known_suffix{".sln8", {slin, 8'000}},
    known_suffix{".slin12", {slin, 12'000}},   known_suffix{".sln12", {slin, 12'000}},
    known_suffix{".slin16", {slin, 16'000}},   known_suffix{".sln16", {slin, 16'000}},
    known_suffix{".slin24", {slin, 24'000}},   known_suffix{".sln24", {slin, 24'000}},
    known_suffix{".slin32", {slin, 32'000}},   known_suffix{".sln32", {slin, 32'000}},
    known_suffix{".slin44", {slin, 44'100}},   known_suffix{".sln44", {slin, 44'100}},
    known_suffix{".slin48", {slin, 48'000}},   known_suffix{".sln48", {slin, 48'000}},
    known_suffix{".slin96", {slin, 96'000}},   known_suffix{".sln96", {slin, 96'000}},
    known_suffix{".slin192", {slin, 192'000}}, known_suffix{".sln192", {slin, 192'000}},
    known_suffix{".raw", {slin, 8'000}},       known_suffix{".gsm", {gsm, 8'000}},
    known_suffix{".ulaw", {ulaw, 8'000}},      known_suffix{".ul", {ulaw, 8'000}},
    known_suffix{".mu", {ulaw, 8'000}},        known_suffix{".pcm", {ulaw, 8'000}},
    known_suffix{".alaw", {alaw, 8'000}},      known_suffix{".al", {alaw, 8'000}},
    known_suffix{".ulw", {ulaw, 8'000}},       known_suffix{".alw", {alaw, 8'000}},
    known_suffix{".vox", {vox, 8'000}},
};

constexpr std::array with_header{
    known_suffix{".wav", {SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0}},
    known_suffix{".flac", {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 0}},
    known_suffix{".ogg", {SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0}},
};

// Suffixes of files that start with a signature, so the suffix is not needed to read them.
constexpr std::array<std::string_view, 23> with_signature{
    ".wav",  ".wav16", ".wav49", ".flac", ".ogg", ".oga", ".opus", ".spx",  ".mp3", ".mp2", ".aif", ".aiff",
    ".aifc", ".au",    ".snd",   ".caf",  ".w64", ".m4a", ".aac",  ".webm", ".amr", ".wma", ".voc",
};

// Codecs without a header that this library does not read: Asterisk's suffixes (formats/), and ffmpeg's demuxer.
// Asterisk packs G.726 as RFC 3551 does. ffmpeg has no demuxer for the last five.
constexpr std::array codecs{
    foreign_codec{".g722", "G.722", "-f g722"},
    foreign_codec{".g729", "G.729", "-f g729"},
    foreign_codec{".g723", "G.723.1", "-f g723_1"},
    foreign_codec{".g726-40", "G.726", "-f g726le -code_size 5"},
    foreign_codec{".g726-32", "G.726", "-f g726le -code_size 4"},
    foreign_codec{".g726-24", "G.726", "-f g726le -code_size 3"},
    foreign_codec{".g726-16", "G.726", "-f g726le -code_size 2"},
    foreign_codec{".g723sf", "G.723.1", {}},
    foreign_codec{".ilbc", "iLBC", {}},
    foreign_codec{".g719", "G.719", {}},
    foreign_codec{".siren7", "Siren 7", {}},
    foreign_codec{".siren14", "Siren 14", {}},
};

std::string lower_suffix(const std::filesystem::path& path) {
    std::string suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return suffix;
}

template <class Suffixes>
auto find_suffix(const Suffixes& known, const std::filesystem::path& path) {
    using entry = typename Suffixes::value_type;
    const std::string suffix = lower_suffix(path);
    const auto found = std::find_if(known.begin(), known.end(), [&](const entry& k) { return k.suffix == suffix; });
    return found == known.end() ? std::nullopt : std::optional<entry>(*found);
}

template <class Suffixes>
std::optional<sound_format> find(const Suffixes& known, const std::filesystem::path& path) {
    const auto found = find_suffix(known, path);
    return found ? std::optional(found->format) : std::nullopt;
}

} // namespace

std::optional<sound_format> headerless_format(const std::filesystem::path& path) {
    return find(headerless, path);
}

std::optional<foreign_codec> find_foreign_codec(const std::filesystem::path& path) {
    return find_suffix(codecs, path);
}

bool has_sound_suffix(const std::filesystem::path& path) {
    const std::string suffix = lower_suffix(path);
    return headerless_format(path) || find_foreign_codec(path) ||
           std::find(with_signature.begin(), with_signature.end(), suffix) != with_signature.end();
}

std::optional<sound_format> writable_format(const std::filesystem::path& path) {
    const auto format = find(with_header, path);
    return format ? format : find(headerless, path);
}

} // namespace audiosocket
