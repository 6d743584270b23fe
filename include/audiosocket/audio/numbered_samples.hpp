// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket {

/// An endless test signal whose samples say where they stand: sample n is n % period + 1. What comes back of it can be
/// told from silence, because no sample is zero; and what was lost, repeated or moved shows. The slow ramp is never
/// taken for G.711 (encoding_detector). Not thread-safe; only take() allocates.
class numbered_samples {
  public:
    /// Samples until the numbers repeat: four seconds at 8 kHz, which are 200 frames of 20 ms.
    static constexpr std::size_t period = 32'000;

    /// Starts at sample `first`.
    explicit constexpr numbered_samples(std::uint64_t first = 0) noexcept : next_(first) {}

    /// Returns sample n.
    static constexpr std::int16_t at(std::uint64_t n) noexcept { return static_cast<std::int16_t>(n % period + 1); }

    /// Returns whether this value is one of the signal's.
    static constexpr bool is_numbered(std::int16_t sample) noexcept {
        return sample >= 1 && sample <= static_cast<int>(period);
    }

    /// Returns the n of this sample, from 0 to period - 1. The sample has to be a numbered one.
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
