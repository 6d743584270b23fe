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
/// The output is aligned with the input in time: output sample n is at n / out_rate_hz seconds of the input. The filter
/// needs some of the later input, so while a stream is running the output lags by delay(). flush() writes what is held
/// back. The lengths of the blocks have no effect on the samples. With equal rates, samples pass unchanged and at once.
///
/// Not thread-safe. Allocates in the constructor only.
class AUDIOSOCKET_EXPORT resampler {
  public:
    /// The lowest rate. The bounds are half of telephony's 8 kHz, and four times the protocol's highest rate, 192 kHz
    /// (no sound hardware or file has more). Filters grow with the ratio of the rates. Within these bounds a filter has
    /// less than 250 kB at the default quality.
    static constexpr int rate_hz_min = 4'000;
    /// The highest rate.
    static constexpr int rate_hz_max = 768'000;
    /// Returns whether this rate, in Hz, is within the bounds.
    static constexpr bool takes(int rate_hz) noexcept { return rate_hz >= rate_hz_min && rate_hz <= rate_hz_max; }

    /// The quality on speexdsp's scale from 0 to 10. 5 keeps aliases and images below -80 dB with 5 ms of delay from 8
    /// kHz. A higher quality adds delay, and telephony with 16 bits cannot show the difference.
    static constexpr int quality_default = 5;

    /// Makes a resampler from one rate to another, in Hz.
    /// Throws std::invalid_argument for a rate or quality out of range, std::bad_alloc if there is no memory.
    resampler(int in_rate_hz, int out_rate_hz, int quality = quality_default);
    /// Moves the state of the other here. The other may then only be destroyed or assigned to.
    resampler(resampler&&) noexcept;
    /// Replaces the state by that of the other. The other may then only be destroyed or assigned to.
    resampler& operator=(resampler&&) noexcept;
    ~resampler();

    /// Returns the rate of the input of process(), in Hz.
    int in_rate_hz() const;
    /// Returns the rate of the output of process(), in Hz.
    int out_rate_hz() const;

    /// Returns how far the output lags behind the input between calls of process(): 5 ms from 8 kHz at the default
    /// quality, less from higher rates, zero for equal rates.
    std::chrono::nanoseconds delay() const;

    /// Returns how many samples `out` must have so that process() takes all of `in_samples`: in_samples * out_rate /
    /// in_rate rounded up, and one more, because the filter stops when `out` is full.
    std::size_t output_samples_max(std::size_t in_samples) const;

    /// The result of process().
    struct progress {
        std::size_t consumed; ///< samples taken from the front of `in`
        std::size_t produced; ///< samples written to the front of `out`
    };

    /// Converts as much of `in` as `out` has room for: all of it if out.size() is at least
    /// output_samples_max(in.size()). The two must not overlap.
    progress process(std::span<const std::int16_t> in, std::span<std::int16_t> out);

    /// Ends the stream: writes the samples that are held back to the front of `out`, and returns their number. Call it
    /// until it returns 0. Then the output has total_in * out_rate / in_rate samples, rounded up, and the resampler is
    /// ready for another stream.
    std::size_t flush(std::span<std::int16_t> out);

    /// Returns to the state of a new resampler.
    void reset();

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
