#pragma once

#include "check/line.hpp"

#include <audiosocket/audio/tone.hpp>

#include <cstdint>
#include <vector>

namespace audiosocket::app::check {

/// Numbered samples, none of them zero: what comes back can be told from silence, from another line's, and from what
/// is out of order. Lines with different `first` never say the same.
class numbers {
  public:
    explicit numbers(std::size_t first = 0) : next_(first * lines_apart) {}

    void operator()(std::span<std::int16_t> out) {
        for (auto& sample : out)
            sample = at(next_++);
    }
    std::vector<std::int16_t> take(std::size_t count) {
        std::vector<std::int16_t> out(count);
        (*this)(out);
        return out;
    }

    static constexpr std::int16_t at(std::size_t n) { return static_cast<std::int16_t>(n % period + 1); }

    /// Samples until the numbers begin anew.
    static constexpr std::size_t period = 32'000;

  private:
    static constexpr std::size_t lines_apart = 997;
    std::size_t next_;
};

/// The audio without its silence: a server pads with zeros where it has nothing to say.
std::vector<std::int16_t> without_silence(std::vector<std::int16_t> samples);

/// How many of these samples are the numbers from `first` on, in order and without a gap.
std::size_t numbers_in_order(std::span<const std::int16_t> samples, std::size_t first = 0);

/// One message with these samples.
bytes audio(std::span<const std::int16_t> samples, kind as = kind::slin);

/// The frequency of a tone, by its zero crossings; 0 where there are too few.
double frequency_hz(std::span<const std::int16_t> samples, int rate_hz);

} // namespace audiosocket::app::check
