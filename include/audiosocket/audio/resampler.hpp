// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace audiosocket {

/// Converts a mono stream of 16-bit samples from one rate to another.
///
/// The output lines up with the input in time: output sample n stands at n / out_rate_hz seconds of
/// the input. The filter needs to see some of the input's future, so while a stream is running the
/// output lags by delay(); flush() delivers what is held back. How the stream is cut into blocks
/// changes no sample. With equal rates samples pass through untouched and at once.
///
/// Not thread-safe. Allocates in the constructor only.
class AUDIOSOCKET_EXPORT resampler {
  public:
    /// The lowest rate taken. The bounds are half of telephony's 8 kHz, and four times the protocol's
    /// highest, 192 kHz (the most that sound hardware and files use). Filters grow with the ratio
    /// of the rates; within these bounds one stays below 250 kB at the default quality.
    static constexpr int rate_hz_min = 4'000;
    /// The highest rate taken.
    static constexpr int rate_hz_max = 768'000;
    /// Returns whether this rate, in Hz, is within the bounds.
    static constexpr bool takes(int rate_hz) noexcept { return rate_hz >= rate_hz_min && rate_hz <= rate_hz_max; }

    /// speexdsp's scale runs from 0 to 10. 5 keeps aliases and images below -80 dB at 5 ms of delay
    /// from 8 kHz; more buys only what 16 bits of telephony cannot hold, for more delay.
    static constexpr int quality_default = 5;

    /// Throws std::invalid_argument for a rate or quality out of range.
    /// Throws std::bad_alloc.
    resampler(int in_rate_hz, int out_rate_hz, int quality = quality_default);
    /// Takes over the state of the other, which may then only be destroyed or assigned to.
    resampler(resampler&&) noexcept;
    /// Takes over the state of the other in place of its own. The other may then only be destroyed or assigned to.
    resampler& operator=(resampler&&) noexcept;
    ~resampler();

    /// Returns the rate of what process() takes, in Hz.
    int in_rate_hz() const;
    /// Returns the rate of what process() writes, in Hz.
    int out_rate_hz() const;

    /// How far the output lags the input between process() calls: 5 ms from 8 kHz at the default
    /// quality, less from higher rates; zero for equal rates.
    std::chrono::nanoseconds delay() const;

    /// Room with which process() takes all of `in_samples`: in_samples * out_rate / in_rate rounded
    /// up, and one more, for the filter stops where the room does.
    std::size_t output_samples_max(std::size_t in_samples) const;

    /// How far process() got.
    struct progress {
        std::size_t consumed; ///< samples taken from the front of `in`
        std::size_t produced; ///< samples written to the front of `out`
    };

    /// Takes as much of `in` as `out` has room for: all of it when out.size() is at least
    /// output_samples_max(in.size()). The two must not overlap.
    progress process(std::span<const std::int16_t> in, std::span<std::int16_t> out);

    /// Ends the stream: writes what is still held back to the front of `out` and returns how many
    /// samples that was. Call until it returns 0. Then the whole stream has come out at
    /// total_in * out_rate / in_rate samples, rounded up, and the resampler is ready for another.
    std::size_t flush(std::span<std::int16_t> out);

    /// Forgets the stream so far, as if newly made.
    void reset();

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
