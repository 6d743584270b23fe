// SPDX-License-Identifier: Apache-2.0
#include "check/test_audio.hpp"

#include <cmath>
#include <numbers>

namespace audiosocket::app::check {

void voice::operator()(std::span<std::int16_t> out) {
    constexpr double pitch_hz = 140;
    constexpr int harmonics = 24; // up to 3360 Hz, as in a telephone
    constexpr double amplitude = 7000;
    for (auto& sample : out) {
        const double t = 2 * std::numbers::pi * static_cast<double>(next_++) / 8000;
        double sum = 0;
        for (int h = 1; h <= harmonics; ++h)
            sum += std::sin(pitch_hz * h * t + h * h) / h;
        sample = static_cast<std::int16_t>(amplitude * (0.7 + 0.3 * std::sin(3 * t)) * sum);
    }
}

std::vector<std::int16_t> voice::take(std::size_t count) {
    std::vector<std::int16_t> out(count);
    (*this)(out);
    return out;
}

std::vector<std::int16_t> without_silence(std::vector<std::int16_t> samples) {
    std::erase(samples, 0);
    return samples;
}

std::size_t numbers_in_order(std::span<const std::int16_t> samples, std::size_t first) {
    numbers expected(first);
    const auto all = expected.take(samples.size());
    std::size_t same = 0;
    while (same < samples.size() && samples[same] == all[same])
        ++same;
    return same;
}

bytes audio(std::span<const std::int16_t> samples, kind as) {
    error_code refused;
    return audio_message(as, std::as_bytes(samples), refused).to_bytes();
}

double frequency_hz(std::span<const std::int16_t> samples, int rate_hz) {
    constexpr std::size_t crossings_min = 10;
    std::size_t crossings = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) {
        if (samples[i - 1] >= 0 || samples[i] < 0) continue;
        if (crossings++ == 0) first = i;
        last = i;
    }
    if (crossings < crossings_min) return 0;
    return static_cast<double>(crossings - 1) * rate_hz / static_cast<double>(last - first);
}

} // namespace audiosocket::app::check
