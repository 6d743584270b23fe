// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstdint>
#include <span>

namespace audiosocket {

/// How loud a stretch of sound is. Both figures are relative to the largest sample, 32768: a
/// full-scale square wave reads 0 and 0, a full-scale sine 0 and -3.01.
struct level {
    /// Reads as silence: the quietest sound of 16 bits is at -90.3.
    static constexpr double floor_dbfs = -96;

    double peak_dbfs = floor_dbfs; ///< Of the largest sample, in dB.
    double rms_dbfs = floor_dbfs;  ///< Of the mean power, in dB.
};

/// Measures the level of a stream between two looks at it. Not thread-safe; never allocates.
class AUDIOSOCKET_EXPORT level_meter {
  public:
    /// Listens to more samples; a day of them at 192 kHz may pass between two calls of take().
    void add(std::span<const std::int16_t> samples);

    /// The level since the last take(), the floor if nothing was added; then starts afresh.
    level take();

  private:
    std::uint64_t count_ = 0;
    std::uint64_t sum_of_squares_ = 0;
    int peak_ = 0;
};

} // namespace audiosocket
