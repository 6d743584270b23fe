// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket::app::diagnosis {

/// Tells from the samples whether they are 16-bit little endian sound.
///
/// How it works. Sound is smooth: from sample to sample it changes by less than its own level. Bytes in the wrong order
/// look like loud white noise, and are smooth when they are swapped. Compressed data look like loud white noise either
/// way. Real noise of that level exists, but there the low bytes of samples are distributed evenly and the high bytes
/// are not; in compressed data both have one distribution. A message of low level says nothing, so silence, quiet noise
/// and comfort noise are never judged.
///
/// Constant memory; a look costs less than a microsecond. The first five seconds of loud messages are looked at, then
/// every eighth.
class content_watch {
  public:
    enum class verdict : std::uint8_t { none, swapped, noise };

    /// Weighs one more payload. Returns the verdict on the messages up to here; `noise` may become `none` again.
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
