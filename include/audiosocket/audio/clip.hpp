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

class sound_reader;

/// A piece of sound in memory: mono 16-bit samples at one rate, which never change. Copies share the samples, so one
/// prompt can play in a thousand calls. Safe to read from several threads.
class AUDIOSOCKET_EXPORT clip {
  public:
    /// The longest sound that load() takes: 58 MB at 8 kHz. Use a sound_reader for longer ones, because it streams.
    static constexpr std::chrono::hours duration_max{1};

    /// Makes a clip of these samples. Throws std::invalid_argument unless rate_hz is positive.
    clip(std::vector<std::int16_t> samples, int rate_hz);

    /// Reads a whole sound file and converts it to `rate_hz` (see sound_reader). Blocks on the disk. Throws sound_error
    /// as sound_reader does, and if the file breaks off or is longer than duration_max. Throws std::invalid_argument
    /// for a rate_hz outside the bounds of a resampler.
    static clip load(const std::filesystem::path& path, int rate_hz);

    /// Reads the rest of a sound, at the rate of the reader. Use it if you also need sound_reader::notes() or
    /// sound_reader::file_rate_hz(). Throws sound_error if the file breaks off or is longer than duration_max.
    static clip load(sound_reader& reader);

    /// Returns the samples. The view is valid as long as this clip or a copy of it exists.
    std::span<const std::int16_t> samples() const { return *samples_; }

    /// Returns the samples per second.
    int rate_hz() const { return rate_hz_; }

    /// Returns how long it plays.
    std::chrono::nanoseconds duration() const;

  private:
    std::shared_ptr<const std::vector<std::int16_t>> samples_; // shared with copies and with the calls that play it
    int rate_hz_;
};

} // namespace audiosocket
