// SPDX-License-Identifier: Apache-2.0
// The layout, from Microsoft's "Multimedia Programming Interface and Data Specifications 1.0" and mmreg.h: "RIFF", a
// size, "WAVE"; then chunks of a name, a size and as many bytes, filled up to an even number. Numbers have the lowest
// byte first. The chunk "fmt " precedes the chunk "data".
#include "gateway/wav_clip.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace audiosocket::gateway {
namespace {

constexpr std::size_t chunk_header_bytes = 8;
constexpr std::size_t format_bytes_min = 16;
constexpr std::size_t subformat_at = 24; // position in the chunk of an extensible format

constexpr unsigned tag_pcm = 1;
constexpr unsigned tag_alaw = 6;
constexpr unsigned tag_ulaw = 7;
constexpr unsigned tag_extensible = 0xfffe;

// The rates that a call plays (dialect_output::play), except those that speech never has.
constexpr std::uint32_t rate_min_hz = 4000;
constexpr std::uint32_t rate_max_hz = 192'000;

std::uint32_t number(std::span<const std::byte> in, std::size_t at, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
        value = value << 8 | std::to_integer<std::uint32_t>(in[at + i]);
    return value;
}

bool has_text(std::span<const std::byte> in, std::size_t at, std::string_view text) {
    if (in.size() < at + text.size()) return false;
    return std::ranges::equal(in.subspan(at, text.size()), text, {}, [](std::byte b) { return static_cast<char>(b); });
}

// Reads the chunk "fmt ". Returns what is wrong with it.
std::string read_format(std::span<const std::byte> chunk, payload_format& format) {
    if (chunk.size() < format_bytes_min) return "its WAV header is cut off";
    auto tag = number(chunk, 0, 2);
    if (tag == tag_extensible && chunk.size() >= subformat_at + 2) tag = number(chunk, subformat_at, 2);
    const auto channels = number(chunk, 2, 2);
    const auto rate_hz = number(chunk, 4, 4);
    const auto bits = number(chunk, 14, 2);

    if (tag == tag_pcm && bits == 16)
        format.coding = encoding::slin;
    else if (tag == tag_alaw && bits == 8)
        format.coding = encoding::alaw;
    else if (tag == tag_ulaw && bits == 8)
        format.coding = encoding::ulaw;
    else
        return "its WAV file has samples of " + std::to_string(bits) + " bits and format " + std::to_string(tag) +
               "; send 16-bit PCM or G.711";
    if (channels != 1) return "its WAV file has " + std::to_string(channels) + " channels; send one";
    if (rate_hz < rate_min_hz || rate_hz > rate_max_hz)
        return "its WAV file has " + std::to_string(rate_hz) + " Hz; send 4000 to 192000 Hz";
    format.rate_hz = static_cast<int>(rate_hz);
    return {};
}

} // namespace

wav_clip read_wav(std::span<const std::byte> file) {
    wav_clip clip;
    if (!has_text(file, 0, "RIFF") || !has_text(file, 8, "WAVE")) {
        clip.fault = "it is not a WAV file";
        return clip;
    }
    bool has_format = false;
    auto rest = file.subspan(12);
    while (rest.size() >= chunk_header_bytes) {
        const std::size_t size = number(rest, 4, 4);
        const auto body = rest.subspan(chunk_header_bytes);
        const auto chunk = body.first(std::min(size, body.size()));
        if (has_text(rest, 0, "fmt ")) {
            clip.fault = read_format(chunk, clip.format);
            if (!clip.fault.empty()) return clip;
            has_format = true;
        } else if (has_text(rest, 0, "data") && has_format) {
            clip.audio = size == 0 ? body : chunk; // 0: written as a stream of unknown length
            return clip;
        }
        rest = body.subspan(std::min(size + size % 2, body.size()));
    }
    clip.fault = has_format ? "its WAV file has no audio" : "its WAV file has no format";
    return clip;
}

} // namespace audiosocket::gateway
