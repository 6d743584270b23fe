// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/tally.hpp"

#include <audiosocket/call/event.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace audiosocket::app::bench {

/// How evenly one call's frames arrive, in two measures.
///
/// Jitter: the difference between the time from one frame to the next and the length of the first. A frame that is 3 ms
/// late counts twice, as in a phone: for itself, and for the shorter gap after it. Drift does not count. (Case 39 of
/// `audiosocket check` uses this measure.)
///
/// Grid: how far a frame is from its place on the grid that best fits the frames around it. The grid has the frames'
/// own lengths, and half of the frames are early on it. Each stretch of up to 250 frames (5 s) has its own grid,
/// because the clocks of two machines may differ. A server with a wrong clock shows jitter.
class pacing {
  public:
    /// Stretches of different calls end at different times, so that the work of fitting is spread.
    explicit pacing(std::size_t call) noexcept : stretch_frames_(frames_max / 2 + call % (frames_max / 2)) {}

    /// Called for each complete frame. Only frames with `measured` are counted; the gap needs the previous frame,
    /// measured or not.
    void arrived(time_point at, std::chrono::nanoseconds duration, bool measured, tally& into);

    /// Called at the end of the measured time: counts frames that were not fitted yet.
    void finish(tally& into);

  private:
    static constexpr std::size_t frames_max = 250;

    std::optional<time_point> last_;
    std::chrono::nanoseconds last_duration_{};

    time_point due_; // of the next frame, on the grid of the stretch's first frame
    std::size_t stretch_frames_;
    std::size_t frames_ = 0;
    std::array<std::int32_t, frames_max> offsets_ns_{}; // limited to two seconds in either direction
};

} // namespace audiosocket::app::bench
