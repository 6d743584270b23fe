// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Finds out how much audio stands in the playout queue of a live call for good.
///
/// In a live call, what is played comes as fast as it is sent. So what once gathered in the queue, because the machine
/// or the network stood still, would stand there to the end of the call, and everything would be heard that much late.
class standing_delay {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    explicit standing_delay(nanoseconds ptime) noexcept : ptime_(ptime) {}

    /// A frame has gone, and this much of what is to be played waits behind it. Returns how much was never needed
    /// lately, in whole frames; zero while that is not known. Then it starts to count again.
    nanoseconds left_behind(nanoseconds queued) noexcept {
        const nanoseconds frames = queued - queued % ptime_;
        if (frames == nanoseconds{}) {
            frames_ = 0;
            return {};
        }
        if (frames_ == 0) first_ = least_ = frames;
        least_ = std::min(least_, frames);
        if (++frames_ < frames_wanted) return {};
        frames_ = 0;
        // What gets less is played ahead, and ends by itself.
        return frames + ptime_ < first_ ? nanoseconds{} : least_;
    }

  private:
    // Frames that have to leave something behind, all of them, before that counts as standing there: a jitter of the
    // network is spread over fewer.
    static constexpr int frames_wanted = 32;

    nanoseconds ptime_;
    nanoseconds first_{};
    nanoseconds least_{};
    int frames_ = 0; // that left something behind, in a row
};

} // namespace audiosocket::detail
