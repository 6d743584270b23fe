// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace audiosocket {

/// Says when the next frame is due.
///
/// Frame n is due at start + n x ptime, whatever happened to the frames before it: an absolute deadline, so that errors
/// do not add up. Once more than `catch_up` frames are due, the older ones are given up and counted; their audio waits
/// for the next frame time, so nothing is lost but time. The whole row of deadlines can be shifted; it moves there by
/// shift_a_frame a frame at most, which no phone hears.
class frame_clock {
  public:
    /// How fast a shift goes.
    static constexpr std::chrono::milliseconds shift_a_frame{1};

    frame_clock(std::chrono::milliseconds ptime, int catch_up) noexcept
        : ptime_(static_cast<std::int32_t>(ptime.count())), catch_up_(catch_up) {}

    std::chrono::milliseconds ptime() const noexcept { return ptime_; }

    void start(time_point now) noexcept { next_ = now; }
    void stop() noexcept { next_ = time_point::max(); }

    /// When the next frame is due; time_point::max() while stopped.
    time_point next() const noexcept { return next_; }

    bool due(time_point now) const noexcept { return next_ <= now; }

    /// Lets all frames to come be due this much later, or earlier if negative.
    void shift(std::chrono::nanoseconds by) noexcept { to_shift_ = by; }

    /// Takes the frame that is due and returns when it was.
    time_point take() noexcept {
        const time_point at = next_;
        const auto step = std::clamp<std::chrono::nanoseconds>(to_shift_, -shift_a_frame, shift_a_frame);
        to_shift_ -= step;
        next_ += ptime_ + step;
        return at;
    }

    /// Gives up the frames that are too far behind, and returns how many.
    std::uint64_t skip_missed(time_point now) noexcept {
        if (!due(now)) return 0;
        const auto due_count = (now - next_) / ptime_ + 1;
        if (due_count <= catch_up_) return 0;
        const auto skipped = due_count - catch_up_;
        next_ += skipped * ptime_;
        return static_cast<std::uint64_t>(skipped);
    }

  private:
    std::chrono::duration<std::int32_t, std::milli> ptime_;
    int catch_up_;
    time_point next_ = time_point::max();
    std::chrono::nanoseconds to_shift_{};
};

} // namespace audiosocket
