// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app::backend {

/// How the audio of one direction is coded.
struct audio_format {
    encoding coding = encoding::slin;
    int rate_hz = 8000;

    bool operator==(const audio_format&) const = default;
};

/// Returns the formats of both directions as text for people: "mu-law 8000 Hz", or "slin 16000 Hz in, slin 24000 Hz
/// out".
std::string format_text(const audio_format& in, const audio_format& out);

/// Converts samples to bytes of a format and back. What a function returns is valid until it is called again.
class audio_codec {
  public:
    explicit audio_codec(const audio_format& format = {}) : format_(format) {}

    const audio_format& format() const noexcept { return format_; }

    /// Returns the samples, or nothing if there are no bytes, or half a sample at the end.
    std::optional<std::span<const std::int16_t>> decode(std::span<const std::byte> bytes);

    /// Decodes bytes in base64. Returns nothing if the text is not base64, either.
    std::optional<std::span<const std::int16_t>> decode_base64(std::string_view text);

    std::span<const std::byte> encode(std::span<const std::int16_t> samples);
    void append_base64(std::string& to, std::span<const std::int16_t> samples);

  private:
    audio_format format_;
    std::vector<std::byte> bytes_;
    std::vector<std::int16_t> samples_;
};

} // namespace audiosocket::app::backend
