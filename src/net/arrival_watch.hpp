// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace audiosocket::detail {

/// Finds out when in a frame time the caller's audio arrives, so that our frames can follow. A frame that is due just
/// after the audio needs no turn of its own, and can contain the answer to that audio.
///
/// How it works: the first messages give the shift that puts the frame time just after them. Then it notes how long
/// before or after its frame time each message came. It moves the frame time so that nearly all messages come before
/// it: later as soon as too many were late, and earlier, by half, after a whole window of messages that came early. So
/// it follows the caller's clock, and a jitter that grows or shrinks.
class arrival_watch {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Makes a watch. `tick` is the time between two checks for arrivals.
    arrival_watch(nanoseconds ptime, nanoseconds tick) : ptime_(ptime), tick_(tick) {}

    /// Takes note that something has arrived since the last tick. `frame_at` is when the next frame is due, which may
    /// be now.
    void arrived(time_point now, time_point frame_at);

    /// Takes note that the frame that was due at this time has been sent.
    void frame_passed(time_point frame_at);

    /// Requests that frames come this much later (earlier if negative).
    void move(nanoseconds by);

    /// Returns how much later frames should come (earlier if negative), once for each request.
    std::optional<nanoseconds> take_shift() noexcept { return std::exchange(shift_, std::nullopt); }

  private:
    void search(time_point tick, time_point frame_at);
    void settle();
    void note(nanoseconds after_frame);
    time_point tick_of(time_point t) const noexcept { return t - t.time_since_epoch() % tick_; }
    // A message that is later than this belongs to the next frame.
    nanoseconds late_most() const noexcept { return ptime_ * 3 / 4; }
    bool silent() const noexcept { return frames_since_ > silence_frames * frames_between_; }

    // How many messages must have arrived before they set the frame time. A message within half a frame of the message
    // before it is ignored, because it is part of a burst (Asterisk's Answer() sends half a second at once).
    static constexpr std::size_t arrivals_wanted = 4;

    // How many frames without a message make the caller count as silent. The search begins again when audio is back.
    static constexpr int silence_frames = 10;

    // How many of how many messages may come after their frame time. A frame may wait for a late message.
    static constexpr int window_messages = 64;
    static constexpr std::size_t late_max = 1;

    nanoseconds ptime_;
    nanoseconds tick_;

    bool searching_ = true;
    time_point last_arrival_{};                          // during the search
    std::array<nanoseconds, arrivals_wanted> offsets_{}; // relative to our frame times
    std::size_t arrivals_ = 0;

    int unsettled_frames_ = 0;                       // frames until a shift is complete; arrivals do not count
    int frames_since_ = 0;                           // since the last message
    int frames_between_ = 1;                         // our frames for each message of the caller
    bool came_ = false;                              // the message for the next frame has arrived
    std::optional<time_point> missing_at_;           // the last frame was sent without its message
    int noted_ = 0;                                  // messages of this window
    std::array<nanoseconds, late_max + 1> latest_{}; // of these messages, after their frame times; the latest first
    std::optional<nanoseconds> shift_;
};

} // namespace audiosocket::detail
