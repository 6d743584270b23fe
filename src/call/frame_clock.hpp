// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace audiosocket {

/// Says when the next frame is due.
///
/// Frame n is due at start + n x ptime. This does not depend on the frames before it, so errors do not add up. If more
/// than `catch_up` frames are due, the older frame times are skipped and counted. Their audio waits for the next frame
/// time, so it is delayed and not lost. All later frame times can be shifted. They move by at most shift_a_frame for
/// each frame, which cannot be heard.
class frame_clock {
  public:
    /// How much a shift moves each frame at most.
    static constexpr std::chrono::milliseconds shift_a_frame{1};

    frame_clock(std::chrono::milliseconds ptime, int catch_up) noexcept
        : ptime_(static_cast<std::int32_t>(ptime.count())), catch_up_(catch_up) {}

    std::chrono::milliseconds ptime() const noexcept { return ptime_; }

    void start(time_point now) noexcept { next_ = now; }
    void stop() noexcept { next_ = time_point::max(); }

    /// Returns when the next frame is due, or time_point::max() while stopped.
    time_point next() const noexcept { return next_; }

    bool due(time_point now) const noexcept { return next_ <= now; }

    /// Makes all later frames due this much later, or earlier if negative.
    void shift(std::chrono::nanoseconds by) noexcept { to_shift_ = by; }

    /// Takes the frame that is due and returns when it was due.
    time_point take() noexcept {
        const time_point at = next_;
        const auto step = std::clamp<std::chrono::nanoseconds>(to_shift_, -shift_a_frame, shift_a_frame);
        to_shift_ -= step;
        next_ += ptime_ + step;
        return at;
    }

    /// Skips the frame times that are too far behind, and returns their number.
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
