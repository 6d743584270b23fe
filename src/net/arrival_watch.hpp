// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace audiosocket::detail {

/// Finds out when in a frame time a caller's audio arrives, so that our frame time can follow: a frame that is due just
/// behind the audio needs no turn of its own, and carries what it answers at once.
///
/// How it works: the first messages name the shift that puts the frame time just behind them. From then on it notes how
/// long before or after its frame time each message came. It moves the frame time to where nearly all of them are
/// there: later as soon as too many were late, and earlier, by half, after a whole window of messages that need it
/// less. So it follows a caller's clock, and a jitter that grows or shrinks.
class arrival_watch {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// `tick`: arrivals are seen so far apart.
    arrival_watch(nanoseconds ptime, nanoseconds tick) : ptime_(ptime), tick_(tick) {}

    /// Something has arrived since the last tick; frame_at is when the frame is due that comes next, or now.
    void arrived(time_point now, time_point frame_at);

    /// The frame that was due then has gone.
    void frame_passed(time_point frame_at);

    /// Lets frames come this much later (earlier, if negative).
    void move(nanoseconds by);

    /// By how much frames should come later (earlier, if negative); asks for it once.
    std::optional<nanoseconds> take_shift() noexcept { return std::exchange(shift_, std::nullopt); }

  private:
    void search(time_point tick, time_point frame_at);
    void settle();
    void note(nanoseconds after_frame);
    time_point tick_of(time_point t) const noexcept { return t - t.time_since_epoch() % tick_; }
    // What is later belongs to the frame that comes next.
    nanoseconds late_most() const noexcept { return ptime_ * 3 / 4; }
    bool silent() const noexcept { return frames_since_ > silence_frames * frames_between_; }

    // Messages whose time is known before the frame time is set by them. A message that comes within half a frame of
    // the one before is part of a burst (Asterisk's Answer() sends half a second at once) and shows nothing.
    static constexpr std::size_t arrivals_wanted = 4;

    // Frames without anything from the caller after which it counts as silent, and is searched for when it is back.
    static constexpr int silence_frames = 10;

    // Of how many messages how many may come behind their frame time. A frame may wait for one that is late.
    static constexpr int window_messages = 64;
    static constexpr std::size_t late_max = 1;

    nanoseconds ptime_;
    nanoseconds tick_;

    bool searching_ = true;
    time_point last_arrival_{};                          // while it is searching
    std::array<nanoseconds, arrivals_wanted> offsets_{}; // from our frame times
    std::size_t arrivals_ = 0;

    int unsettled_frames_ = 0;                       // frames until a shift is through; what comes shows nothing
    int frames_since_ = 0;                           // since the last message
    int frames_between_ = 1;                         // our frames for each message of the caller's
    bool came_ = false;                              // the message for the next frame is there
    std::optional<time_point> missing_at_;           // the last frame went without its message
    int noted_ = 0;                                  // messages of this window
    std::array<nanoseconds, late_max + 1> latest_{}; // of them, behind their frame times; the latest first
    std::optional<nanoseconds> shift_;
};

} // namespace audiosocket::detail
