// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket {

/// A piece of sound in memory: mono 16-bit samples at one rate, which never change. Copies are
/// cheap and share the samples, so that one prompt can play in a thousand calls; safe to read from
/// many threads.
class AUDIOSOCKET_EXPORT clip {
  public:
    /// Longest sound that load() takes: 58 MB at 8 kHz. Longer ones are for a sound_reader, which
    /// streams.
    static constexpr std::chrono::hours duration_max{1};

    /// Takes the samples over.
    /// Throws std::invalid_argument unless rate_hz is positive.
    clip(std::vector<std::int16_t> samples, int rate_hz);

    /// Reads a whole sound file, converted to `rate_hz` (see sound_reader).
    /// Throws sound_error as sound_reader, for a file that breaks off, or one longer than
    ///     duration_max.
    /// Throws std::invalid_argument for a rate_hz that a resampler does not take.
    static clip load(const std::filesystem::path& path, int rate_hz);

    /// Valid as long as this clip or any copy of it lives.
    std::span<const std::int16_t> samples() const { return *samples_; }

    /// Returns samples a second.
    int rate_hz() const { return rate_hz_; }

    /// Returns how long it plays.
    std::chrono::nanoseconds duration() const;

  private:
    std::shared_ptr<const std::vector<std::int16_t>> samples_; // shared by every playing of it
    int rate_hz_;
};

} // namespace audiosocket
