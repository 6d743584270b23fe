// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket::gateway {

/// The format of the audio bytes of a back end: mono. Linear samples have two bytes, the low byte first.
struct payload_format {
    encoding coding = encoding::ulaw;
    int rate_hz = 8000;

    std::size_t sample_bytes() const noexcept { return coding == encoding::slin ? 2 : 1; }

    friend bool operator==(const payload_format&, const payload_format&) = default;
};

/// Turns pieces of audio into whole samples: half a sample waits for its other half.
class payload_reader {
  public:
    explicit payload_reader(payload_format format) : format_(format) {}

    const payload_format& format() const noexcept { return format_; }

    /// Returns the samples that are whole now. The view is valid until the next call.
    std::span<const std::int16_t> read(std::span<const std::byte> bytes);

    /// Forgets half a sample: the next bytes begin with a whole sample.
    void reset() noexcept { has_half_ = false; }

  private:
    payload_format format_;
    std::vector<std::byte> whole_;
    std::vector<std::int16_t> samples_;
    std::byte half_{};
    bool has_half_ = false;
};

/// Returns the samples as bytes of this format.
std::vector<std::byte> payload_of(const payload_format& format, std::span<const std::int16_t> samples);

} // namespace audiosocket::gateway
