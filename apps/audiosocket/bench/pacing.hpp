// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/tally.hpp"

#include <audiosocket/call/event.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace audiosocket::app::bench {

/// How evenly one call's frames arrive, told in two ways.
///
/// Jitter: how far the time from one frame to the next is from the length of the first of them. A frame that is 3 ms
/// late counts twice, as the phone sees it: once for itself, once for the shorter gap behind it. It forgives drift (and
/// is what case 39 of `audiosocket check` counts).
///
/// Grid: how far a frame is from its place on the grid that fits the frames around it best. The grid has the frames'
/// own lengths, and half of the frames lie before it. Each stretch of up to
/// 250 frames (5 s) has a grid of its own, so that two machines' clocks may differ; a server whose clock is wrong
/// shows as one that jitters.
class pacing {
  public:
    /// Stretches of different calls end at different times, so that the work of fitting them is spread.
    explicit pacing(std::size_t call) noexcept : stretch_frames_(frames_max / 2 + call % (frames_max / 2)) {}

    /// A frame has arrived whole. Only what is `measured` is counted; the gap needs the frame before, measured or not.
    void arrived(time_point at, std::chrono::nanoseconds duration, bool measured, tally& into);

    /// The measured time is over: counts what is still to be fitted.
    void finish(tally& into);

  private:
    static constexpr std::size_t frames_max = 250;

    std::optional<time_point> last_;
    std::chrono::nanoseconds last_duration_{};

    time_point due_; // of the next frame, on the grid of the stretch's first
    std::size_t stretch_frames_;
    std::size_t frames_ = 0;
    std::array<std::int32_t, frames_max> offsets_ns_{}; // beyond two seconds either way is two seconds
};

} // namespace audiosocket::app::bench
