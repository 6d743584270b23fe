// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket::app::diagnosis {

/// Detects from the samples whether they are 16-bit little endian sound.
///
/// How it works. Sound is smooth: from sample to sample it changes by less than its own level. Swapped samples look
/// like loud white noise, and are smooth when the bytes are swapped back. Compressed data look like loud white noise in
/// both byte orders. Real noise may be as loud, but then the low bytes of the samples are evenly distributed and the
/// high bytes are not; in compressed data both have the same distribution. A quiet message is never judged, so silence,
/// quiet noise and comfort noise cause no findings.
///
/// Constant memory; a check costs less than a microsecond. The first five seconds of loud messages are checked, then
/// every eighth message.
class content_watch {
  public:
    enum class verdict : std::uint8_t { none, swapped, noise };

    /// Adds a payload. Returns the verdict on the messages so far; `noise` may become `none` again.
    verdict add(std::span<const std::byte> payload);

    verdict current() const noexcept { return verdict_; }

  private:
    static constexpr std::uint32_t window_messages = 50;

    void judge();

    // Of the current window.
    std::uint32_t loud_ = 0;
    std::uint32_t swapped_ = 0;
    std::uint32_t full_scale_ = 0;
    double roughness_ = 0; // sum of the steps from sample to sample, in units of the level
    std::uint32_t bytes_ = 0;
    std::array<std::uint32_t, 16> even_{}; // of the high four bits of bytes at even and odd offsets
    std::array<std::uint32_t, 16> odd_{};

    std::uint32_t seen_ = 0; // messages of all windows
    verdict verdict_ = verdict::none;
};

} // namespace audiosocket::app::diagnosis
