// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstdint>
#include <span>

namespace audiosocket {

/// How loud a piece of sound is, in dB relative to the largest sample, 32768. A full-scale square wave has 0 and 0, a
/// full-scale sine 0 and -3.01.
struct level {
    /// The value for silence. The quietest sound of 16 bits is at -90.3.
    static constexpr double floor_dbfs = -96;

    double peak_dbfs = floor_dbfs; ///< The level of the largest sample, in dB.
    double rms_dbfs = floor_dbfs;  ///< The level of the mean power, in dB.
};

/// Measures the level of a stream between two calls of take(). Not thread-safe; never allocates.
class AUDIOSOCKET_EXPORT level_meter {
  public:
    /// Adds more samples. At most a day of them at 192 kHz may be added between two calls of take().
    void add(std::span<const std::int16_t> samples);

    /// Returns the level since the last take(), or level::floor_dbfs if nothing was added. Then starts again.
    level take();

  private:
    std::uint64_t count_ = 0;
    std::uint64_t sum_of_squares_ = 0;
    int peak_ = 0;
};

} // namespace audiosocket
