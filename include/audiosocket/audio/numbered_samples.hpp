// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket {

/// An endless test signal whose samples say their position: sample n is n % period + 1. No sample is zero, so the
/// signal differs from silence. Samples that were lost, repeated or moved can be seen. An encoding_detector never takes
/// the slow ramp for G.711. Not thread-safe; only take() allocates.
class numbered_samples {
  public:
    /// How many samples come before the numbers repeat: four seconds at 8 kHz, which are 200 frames of 20 ms.
    static constexpr std::size_t period = 32'000;

    /// Makes a signal that starts at sample `first`.
    explicit constexpr numbered_samples(std::uint64_t first = 0) noexcept : next_(first) {}

    /// Returns sample n.
    static constexpr std::int16_t at(std::uint64_t n) noexcept { return static_cast<std::int16_t>(n % period + 1); }

    /// Returns whether the signal contains this value.
    static constexpr bool is_numbered(std::int16_t sample) noexcept {
        return sample >= 1 && sample <= static_cast<int>(period);
    }

    /// Returns the n of this sample, from 0 to period - 1. The signal must contain the sample (is_numbered()).
    static constexpr std::size_t position_of(std::int16_t sample) noexcept {
        return static_cast<std::size_t>(sample - 1);
    }

    /// Fills `out` with the next samples.
    constexpr void fill(std::span<std::int16_t> out) noexcept {
        for (auto& sample : out)
            sample = at(next_++);
    }

    /// Returns the next `count` samples.
    std::vector<std::int16_t> take(std::size_t count) {
        std::vector<std::int16_t> out(count);
        fill(out);
        return out;
    }

  private:
    std::uint64_t next_;
};

} // namespace audiosocket
