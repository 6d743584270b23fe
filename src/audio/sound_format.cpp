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

// Asterisk's own suffixes (formats/format_sln.c, format_pcm.c, format_gsm.c), and those of sox.
// Mind .pcm, which is mu-law to Asterisk.
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
};

constexpr std::array with_header{
    known_suffix{".wav", {SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0}},
    known_suffix{".flac", {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 0}},
    known_suffix{".ogg", {SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0}},
};

template <class Suffixes>
std::optional<sound_format> find(const Suffixes& known, const std::filesystem::path& path) {
    std::string suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const known_suffix& k) { return k.suffix == suffix; });
    if (found == known.end()) {
        return std::nullopt;
    }
    return found->format;
}

} // namespace

std::optional<sound_format> headerless_format(const std::filesystem::path& path) {
    return find(headerless, path);
}

std::optional<sound_format> writable_format(const std::filesystem::path& path) {
    const auto format = find(with_header, path);
    return format ? format : find(headerless, path);
}

} // namespace audiosocket
