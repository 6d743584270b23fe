// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/level_meter.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace audiosocket {
namespace {

double to_dbfs(double amplitude) {
    constexpr double full_scale = 32768;
    if (amplitude <= 0) {
        return level::floor_dbfs;
    }
    return std::max(level::floor_dbfs, 20 * std::log10(amplitude / full_scale));
}

} // namespace

void level_meter::add(std::span<const std::int16_t> samples) {
    for (const int sample : samples) {
        peak_ = std::max(peak_, std::abs(sample));
        sum_of_squares_ += static_cast<std::uint64_t>(sample * sample); // at most 2^30
    }
    count_ += samples.size();
}

level level_meter::take() {
    level result;
    if (count_ > 0) {
        const double mean = static_cast<double>(sum_of_squares_) / static_cast<double>(count_);
        result = {to_dbfs(peak_), to_dbfs(std::sqrt(mean))};
    }
    *this = level_meter();
    return result;
}

} // namespace audiosocket
