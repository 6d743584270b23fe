// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Finds out how much audio stays in the playout queue of a live call permanently.
///
/// In a live call, audio comes as fast as it is sent. If the machine or the network stands still once, audio gathers in
/// the queue. It would stay there until the end of the call, and everything would be heard that much later.
class standing_delay {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    explicit standing_delay(nanoseconds ptime) noexcept : ptime_(ptime) {}

    /// Takes note that a frame was sent and that this much audio waits behind it. Returns how much was never needed
    /// lately, in whole frames, and starts to count again; zero while that is not known.
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
        // If the queue becomes shorter, the audio was played ahead, and the delay ends by itself.
        return frames + ptime_ < first_ ? nanoseconds{} : least_;
    }

  private:
    // How many frames in a row must leave audio in the queue before it counts as standing delay. Jitter of the network
    // affects fewer frames.
    static constexpr int frames_wanted = 32;

    nanoseconds ptime_;
    nanoseconds first_{};
    nanoseconds least_{};
    int frames_ = 0; // in a row that left audio in the queue
};

} // namespace audiosocket::detail
