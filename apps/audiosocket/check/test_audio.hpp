// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/line.hpp"

#include <audiosocket/audio/numbered_samples.hpp>
#include <audiosocket/audio/tone.hpp>

#include <cstdint>
#include <vector>

namespace audiosocket::app::check {

/// The numbered samples of one line, as an audio_source. Lines with different `first` send different numbers at the
/// same time, so that their echoes can be distinguished.
class numbers {
  public:
    explicit numbers(std::size_t first = 0) : samples_(first * lines_apart) {}

    void operator()(std::span<std::int16_t> out) { samples_.fill(out); }
    std::vector<std::int16_t> take(std::size_t count) { return samples_.take(count); }

  private:
    static constexpr std::size_t lines_apart = 997;
    numbered_samples samples_;
};

/// A voice-like sound at 8 kHz, as an audio_source: it shows how a server changes sound, and is always loud enough to
/// be judged.
class voice {
  public:
    void operator()(std::span<std::int16_t> out);
    std::vector<std::int16_t> take(std::size_t count);

  private:
    std::uint64_t next_ = 0;
};

/// Removes silence from the audio: a server pads with zeros if it has nothing to send.
std::vector<std::int16_t> without_silence(std::vector<std::int16_t> samples);

/// Returns how many of these samples are the numbers from `first` on, in order and without a gap.
std::size_t numbers_in_order(std::span<const std::int16_t> samples, std::size_t first = 0);

/// Returns one message with these samples.
bytes audio(std::span<const std::int16_t> samples, kind as = kind::slin);

/// Returns the frequency of a tone, by its zero crossings; 0 if there are too few.
double frequency_hz(std::span<const std::int16_t> samples, int rate_hz);

} // namespace audiosocket::app::check
