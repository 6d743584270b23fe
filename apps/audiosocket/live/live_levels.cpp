// SPDX-License-Identifier: Apache-2.0
#include "live/live_levels.hpp"

#include <algorithm>

namespace audiosocket::app {
namespace {

// Frames arrive irregularly. Up to this deviation they are drawn without gaps, because the outline shows the sound;
// jitter has its own figure.
constexpr std::int64_t off_slots_max = 5;

constexpr int full_scale_bits = 8; // the bits of a 16-bit sample that a slot keeps

} // namespace

void sound_outline::push(slot s) noexcept {
    ring_[next_ % slots_max] = s;
    ++next_;
}

void sound_outline::add(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    const std::int64_t belongs = (at - begin_) / slot_time;
    const auto ahead = static_cast<std::int64_t>(next_) - belongs;
    if (ahead > off_slots_max) return; // faster than real time: it cannot be shown
    if (-ahead > off_slots_max) {      // a gap
        const auto missing = std::min(-ahead, static_cast<std::int64_t>(slots_max));
        next_ = static_cast<std::uint64_t>(belongs - missing);
        for (std::int64_t i = 0; i < missing; ++i)
            push({});
    }
    const std::int64_t slot_samples = rate_hz * slot_time.count() / 1000;
    for (const int sample : samples) {
        low_ = std::min(low_, sample);
        high_ = std::max(high_, sample);
        if (++filled_ < slot_samples) continue;
        push({static_cast<std::int8_t>(low_ >> full_scale_bits), static_cast<std::int8_t>(high_ >> full_scale_bits)});
        low_ = high_ = 0;
        filled_ = 0;
    }
}

std::uint64_t sound_outline::first_since(std::uint64_t from) const noexcept {
    const std::uint64_t oldest = next_ > slots_max ? next_ - slots_max : 0;
    return std::clamp(from, oldest, next_);
}

std::vector<sound_outline::slot> sound_outline::since(std::uint64_t from) const {
    std::vector<slot> out;
    for (std::uint64_t n = first_since(from); n < next_; ++n)
        out.push_back(ring_[n % slots_max]);
    return out;
}

void live_levels::stretch::add(std::span<const std::int16_t> samples, time_point at) {
    if (at - begin_ >= level_time) {
        last_ = meter_.take();
        begin_ = end_ = at;
    }
    meter_.add(samples);
}

level live_levels::stretch::last(time_point now) const noexcept {
    return now - end_ < 3 * level_time ? last_ : level{};
}

void live_levels::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    received_.add(samples, at);
    if (outlines_) outlines_->received.add(samples, rate_hz, at);
}

void live_levels::sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    sent_.add(samples, at);
    if (outlines_) outlines_->sent.add(samples, rate_hz, at);
}

void live_levels::draw(bool on) {
    if (!on)
        outlines_.reset();
    else if (!outlines_)
        outlines_ = std::make_unique<outlines>(outlines{sound_outline(clock::now()), sound_outline(clock::now())});
}

} // namespace audiosocket::app
