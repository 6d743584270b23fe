// SPDX-License-Identifier: Apache-2.0
#include "bench/pacing.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace audiosocket::app::bench {
namespace {

std::int32_t saturated(std::chrono::nanoseconds offset) {
    using limits = std::numeric_limits<std::int32_t>;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(offset.count(), limits::min(), limits::max()));
}

} // namespace

void pacing::arrived(time_point at, std::chrono::nanoseconds duration, bool measured, tally& into) {
    if (measured && last_) into.jitter.add(std::chrono::abs(at - *last_ - last_duration_));
    last_ = at;
    last_duration_ = duration;
    if (!measured) return;

    if (frames_ == 0) due_ = at;
    offsets_ns_[frames_++] = saturated(at - due_);
    due_ += duration;
    if (frames_ == stretch_frames_) {
        finish(into);
        stretch_frames_ = frames_max;
    }
}

void pacing::finish(tally& into) {
    if (frames_ == 0) return;
    const auto offsets = std::span(offsets_ns_).first(frames_);
    const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(frames_ / 2);
    std::nth_element(offsets.begin(), middle, offsets.end());
    const std::int64_t fit = *middle;
    for (const std::int64_t offset : offsets)
        into.grid.add(std::chrono::abs(std::chrono::nanoseconds(offset - fit)));
    frames_ = 0;
}

} // namespace audiosocket::app::bench
