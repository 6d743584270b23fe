// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/content_watch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace audiosocket::app::diagnosis {
namespace {

// 20 ms at 8 kHz. For a longer message the beginning is enough.
constexpr std::size_t looked_at_bytes = 320;
constexpr std::size_t payload_bytes_min = 16;

// Quieter messages are not judged: -20 dBFS. Swapped samples and compressed data are louder, whatever the content.
constexpr double loud_rms = 3277;

// Compressed data are louder than -12 dBFS.
constexpr double full_scale_rms = 8231;

// The mean step from sample to sample, in units of the RMS level: 1.13 for white noise, 1.15 if it is uniform. Below
// `smooth_max`, the previous sample explains two thirds of the power of a sample.
constexpr double white_min = 0.9;
constexpr double smooth_max = 0.8;

// The mean of compressed data over the window: less than white noise, because a codec uses some codes more often. G.722
// of a voice has 0.98.
constexpr double compressed_min = 0.85;

// Swapped samples step by a third of full scale on average, whatever their true level.
constexpr double swapped_gain_min = 2.5;

// A codec that makes 20 bytes of 20 ms sends few and small messages, so each one is examined at first.
constexpr std::uint32_t every_message_until = 250;
constexpr std::uint32_t looked_at_every = 8;

// Share of the loud messages. Quiet passages step less when swapped, because their high bytes hardly change.
constexpr double full_scale_share_min = 0.9;
constexpr double swapped_share_min = 0.6;

struct shape {
    double rms = 0;
    double step = 0; // mean absolute difference of consecutive samples

    double roughness() const { return rms > 0 ? step / rms : 0; }
};

template <class Sample>
shape shape_of(std::size_t samples, Sample at) {
    std::int64_t squares = 0;
    int steps = 0; // at most 160 of 65,535
    int last = at(0);
    for (std::size_t i = 0; i < samples; ++i) {
        const int now = at(i);
        squares += now * now;
        steps += std::abs(now - last);
        last = now;
    }
    const auto n = static_cast<double>(samples);
    return {std::sqrt(static_cast<double>(squares) / n), steps / (n - 1)};
}

// Chi-squared test that both histograms have one distribution, relative to chance. 15 degrees of freedom exceed 38 once
// in a thousand. A codec is not perfectly even, so the limit grows with the number of bytes.
bool is_alike(const std::array<std::uint32_t, 16>& a, const std::array<std::uint32_t, 16>& b, double bytes) {
    double chi_squared = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double sum = a[i] + b[i];
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        if (sum > 0) chi_squared += difference * difference / sum;
    }
    return chi_squared <= 38 + bytes / 50;
}

} // namespace

content_watch::verdict content_watch::add(std::span<const std::byte> payload) {
    if (payload.size() < payload_bytes_min || verdict_ == verdict::swapped) return verdict_;
    if (++seen_ > every_message_until && seen_ % looked_at_every != 0) return verdict_;
    const auto head = payload.first(std::min(payload.size() / 2 * 2, looked_at_bytes));
    const auto byte = [head](std::size_t i) { return std::to_integer<unsigned>(head[i]); };
    const std::size_t samples = head.size() / 2;
    const shape as_is = shape_of(
        samples, [&](std::size_t i) { return static_cast<std::int16_t>(byte(2 * i) | byte(2 * i + 1) << 8U); });
    if (as_is.rms < loud_rms) return verdict_;

    ++loud_;
    roughness_ += as_is.roughness();
    if (as_is.rms >= full_scale_rms) {
        ++full_scale_;
        bytes_ += static_cast<std::uint32_t>(head.size());
        for (std::size_t i = 0; i < head.size(); i += 2) {
            ++even_[byte(i) >> 4U];
            ++odd_[byte(i + 1) >> 4U];
        }
    }
    if (as_is.roughness() >= white_min) {
        const shape other = shape_of(
            samples, [&](std::size_t i) { return static_cast<std::int16_t>(byte(2 * i) << 8U | byte(2 * i + 1)); });
        if (other.rms > 0 && other.roughness() <= smooth_max && other.step * swapped_gain_min < as_is.step) ++swapped_;
    }
    if (loud_ == window_messages) judge();
    return verdict_;
}

void content_watch::judge() {
    const auto part = [this](std::uint32_t n) { return static_cast<double>(n) / loud_; };
    if (part(swapped_) >= swapped_share_min)
        verdict_ = verdict::swapped;
    else if (part(full_scale_) >= full_scale_share_min && roughness_ / loud_ >= compressed_min &&
             part(swapped_) < 0.1 && is_alike(even_, odd_, bytes_))
        verdict_ = verdict::noise;
    else
        verdict_ = verdict::none;
    loud_ = swapped_ = full_scale_ = bytes_ = 0;
    roughness_ = 0;
    even_ = odd_ = {};
}

} // namespace audiosocket::app::diagnosis
