// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/tone.hpp>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace audiosocket {

tone::tone(double hz, int rate_hz, double dbfs) : step_(0), amplitude_(32767 * std::pow(10.0, dbfs / 20)) {
    if (!(hz > 0 && hz < rate_hz / 2.0)) { // written so that NaN is refused
        throw std::invalid_argument("tone: " + std::to_string(hz) + " Hz is not above 0 and below half the rate of " +
                                    std::to_string(rate_hz) + " Hz");
    }
    if (!(dbfs <= 0)) {
        throw std::invalid_argument("tone: a level of " + std::to_string(dbfs) + " dBFS is above full scale, 0");
    }
    step_ = static_cast<std::uint64_t>(std::ldexp(hz / rate_hz, 64)); // below 2^63
}

void tone::fill(std::span<std::int16_t> out) {
    for (std::int16_t& sample : out) {
        const double angle = std::ldexp(static_cast<double>(phase_), -64) * 2 * std::numbers::pi;
        sample = static_cast<std::int16_t>(std::lrint(amplitude_ * std::sin(angle)));
        phase_ += step_;
    }
}

} // namespace audiosocket
