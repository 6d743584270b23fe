// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace audiosocket {

/// Finds out whether the network takes what we send too slowly: a message not within the timeout, or less than half of
/// the audio. The second rule is needed because a peer that reads 200 bytes a second takes each message in time, but
/// misses 79 of 80 frames.
///
/// How it works: only time with a message in flight counts. The watch looks ten times in a timeout. A message that is
/// still in flight at its tenth look is too slow. When such time adds up to the timeout, the frames sent in it are
/// compared with those that were due. If we look late ourselves, only the time between two looks counts, so that a
/// process that stood still does not blame the peer.
class send_watch {
  public:
    send_watch(std::chrono::milliseconds timeout, std::chrono::milliseconds ptime) noexcept
        : timeout_(timeout), ptime_ms_(static_cast<std::uint8_t>(ptime.count())) {}

    /// Takes note that a message is in flight from now on.
    void begun(time_point now) noexcept {
        looked_ = now;
        looks_ = 0;
        in_flight_ = true;
    }

    /// Takes note that the message in flight was sent, and whether it was a frame.
    void sent(bool frame, time_point now) noexcept {
        if (frame) ++frames_;
        count(now);
        in_flight_ = false;
    }

    /// Stops the watch, because nothing more is sent.
    void stop() noexcept { in_flight_ = too_slow_ = false; }

    /// Returns when to look next, or time_point::max() while no message is in flight.
    time_point deadline() const noexcept {
        if (too_slow_) return looked_;
        return in_flight_ ? looked_ + look_interval() : time_point::max();
    }

    /// Returns whether the network is too slow. Has an effect only at the deadline.
    bool look(time_point now) noexcept {
        if (in_flight_ && now >= deadline()) {
            if (++looks_ == looks_per_timeout) too_slow_ = true;
            count(now);
        }
        return too_slow_;
    }

  private:
    static constexpr int looks_per_timeout = 10;

    std::chrono::nanoseconds look_interval() const noexcept {
        return std::chrono::nanoseconds(timeout_) / looks_per_timeout;
    }

    void count(time_point now) noexcept {
        stalled_ += std::min<std::chrono::nanoseconds>(now - looked_, look_interval());
        looked_ = now;
        if (stalled_ < timeout_) return;
        if (2 * std::chrono::milliseconds(ptime_ms_) * frames_ < stalled_) too_slow_ = true;
        stalled_ = {};
        frames_ = 0;
    }

    // Small, because each connection without an id has one.
    std::chrono::milliseconds timeout_;
    time_point looked_{};
    std::chrono::nanoseconds stalled_{}; // with a message in flight, since the last comparison
    std::uint32_t frames_ = 0;           // sent since then
    std::uint8_t ptime_ms_;
    std::uint8_t looks_ = 0; // at the message in flight
    bool in_flight_ = false;
    bool too_slow_ = false;
};

} // namespace audiosocket
