// SPDX-License-Identifier: Apache-2.0
#include "inspect/picture/waveform.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace audiosocket::app::inspect {
namespace {

waveform::extent join(waveform::extent a, waveform::extent b) {
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

} // namespace

waveform::waveform(int rate_hz, int channels) {
    if (rate_hz <= 0 || channels <= 0) throw std::invalid_argument("waveform: rate or channels");
    channels_ = static_cast<std::size_t>(channels);
    rate_hz_ = rate_hz;
    stretches_.reserve(stretches_max * channels_);
}

void waveform::add(std::span<const std::int16_t> interleaved) {
    for (; interleaved.size() >= channels_; interleaved = interleaved.subspan(channels_)) {
        const bool starts = frames_ % stretch_frames_ == 0;
        if (starts && stretches_.size() == stretches_max * channels_) halve();
        if (frames_++ % stretch_frames_ == 0) {
            for (const std::int16_t sample : interleaved.first(channels_))
                stretches_.push_back({sample, sample});
            continue;
        }
        const auto last = std::span(stretches_).last(channels_);
        for (std::size_t c = 0; c < channels_; ++c)
            last[c] = join(last[c], {interleaved[c], interleaved[c]});
    }
}

// Joins stretches in pairs. Their number is even, so the next stretch starts empty.
void waveform::halve() {
    static_assert(stretches_max % 2 == 0);
    const std::size_t kept = stretches_.size() / 2;
    for (std::size_t i = 0; i < kept; ++i) {
        const std::size_t first = i / channels_ * 2 * channels_ + i % channels_;
        stretches_[i] = join(stretches_[first], stretches_[first + channels_]);
    }
    stretches_.resize(kept);
    stretch_frames_ *= 2;
}

std::chrono::nanoseconds waveform::duration() const noexcept {
    return duration_of(frames_, rate_hz_);
}

std::vector<waveform::extent> waveform::columns(int channel, int count) const {
    assert(channel >= 0 && channel < channels() && count >= 0);
    std::vector<extent> out(static_cast<std::size_t>(count));
    if (frames_ == 0) return out;
    const auto stretches = stretches_.size() / channels_;
    // The last stretch may be short: columns have equal time, not equal numbers of stretches.
    const double per_column =
        static_cast<double>(frames_) / static_cast<double>(stretch_frames_) / static_cast<double>(count);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto first = std::min(static_cast<std::size_t>(static_cast<double>(i) * per_column), stretches - 1);
        const auto end = std::min(static_cast<std::size_t>(static_cast<double>(i + 1) * per_column), stretches);
        out[i] = stretches_[first * channels_ + static_cast<std::size_t>(channel)];
        for (std::size_t s = first + 1; s < end; ++s)
            out[i] = join(out[i], stretches_[s * channels_ + static_cast<std::size_t>(channel)]);
    }
    return out;
}

double time_axis_step(double total_s, int steps_max) {
    if (total_s <= 0) return 1;
    const double least = total_s / steps_max;
    const double power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least * (1 - 1e-9)) return factor * power;
    return 10 * power;
}

std::string title_at(std::span<const std::string> titles, int channel) {
    const auto i = static_cast<std::size_t>(channel);
    return i < titles.size() ? titles[i] : "";
}

} // namespace audiosocket::app::inspect
