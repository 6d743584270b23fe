// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstdint>
#include <span>

namespace audiosocket {

/// An endless sine wave. Blocks join without a click, and the frequency does not drift: the phase is an integer that
/// wraps exactly. The error of its step is less than one part in 10^15, a millionth of a cycle in a day of 1 kHz. Not
/// thread-safe; never allocates.
class AUDIOSOCKET_EXPORT tone {
  public:
    /// Makes a tone of frequency `hz` that starts at phase zero. `dbfs` is the level of the peak, 0 for full scale, as
    /// in level_meter. Throws std::invalid_argument unless 0 < hz < rate_hz / 2 and dbfs <= 0.
    tone(double hz, int rate_hz, double dbfs = -12);

    /// Fills `out` with the next samples.
    void fill(std::span<std::int16_t> out);

  private:
    std::uint64_t phase_ = 0; // in 2^-64 of a cycle
    std::uint64_t step_;
    double amplitude_;
};

} // namespace audiosocket
