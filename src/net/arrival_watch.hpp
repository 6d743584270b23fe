// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace audiosocket::detail {

/// Finds out when in a frame time a caller's audio arrives, so that our frame time can follow: a connection
/// that reads only when a frame is due wants to find there what came just before.
///
/// How it works: while it is searching, it wants to be asked every tick, until it has seen when several messages came.
/// Then it names the shift that puts the frame time just behind them, and from then on each frame time is a look. If
/// nothing is there although something should be, it wants a few more looks soon after; if that happens often, the
/// frame time moves back by a tick. Now and then it wants a look ahead of the frame time; if the audio is always there
/// by then, the frame time moves forward by a tick. So it follows a caller's clock, and a jitter that grows or shrinks.
///
/// In a live call, where what is played comes as fast as it is sent, a frame that once stood in the queue (after the
/// machine or the network stood still) would stand there for good. So it also wants to know what each frame left
/// behind, and lets frames come earlier by what was never needed.
class arrival_watch {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// `tick`: how far looks are apart while it searches.
    arrival_watch(nanoseconds ptime, nanoseconds tick) : ptime_(ptime), tick_(tick) {}

    /// The connection has read: was there anything? `frame_at` is when the frame is due that comes next, or now.
    void looked(time_point now, bool found, time_point frame_at);

    /// In a live call: a frame has gone, and this much of what is to be played waits behind it.
    void left_behind(nanoseconds queued);

    /// When to look next; at frame_at at the latest, unless that has come and the frame waits for its audio.
    time_point next_look(time_point now, time_point frame_at) const noexcept;

    /// By how much frames should come later (earlier, if negative); asks for it once.
    std::optional<nanoseconds> take_shift() noexcept { return std::exchange(shift_, std::nullopt); }

  private:
    void search(time_point now, bool found, time_point frame_at);
    void settle();
    void look_at_frame(bool found);
    void look_between(bool found, bool ahead);
    time_point tick_of(time_point t) const noexcept { return t - t.time_since_epoch() % tick_; }
    void count_arrival();
    void count_late();
    void move(nanoseconds by);
    bool silent() const noexcept { return frames_since_ > silence_frames * frames_between_; }

    // Messages whose time is known before the frame time is set by them. A message that comes within half a frame of
    // the one before is part of a burst (Asterisk's Answer() sends half a second at once) and shows nothing.
    static constexpr std::size_t arrivals_wanted = 4;

    // How long the search may go on, in looks: a caller that says nothing costs nothing then.
    static constexpr int looks_max = 1000;

    // Frames without anything from the caller after which it counts as silent, and is searched for when it is back.
    static constexpr int silence_frames = 10;

    // Further looks for a message that is late: 1, 3, 7 and 15 ticks after the frame time.
    static constexpr int late_looks_max = 4;

    // The same for a frame that is due and waits, in ticks, whatever was found so far.
    static constexpr int waiting_ticks = 2;

    // Of how many frames how many may be late. A frame that is late is still heard in time, but costs a look.
    static constexpr int window_frames = 64;
    static constexpr int late_max = 4;

    // How far ahead it looks once in a window, and how often in a row something must be there.
    static constexpr int ahead_ticks = 2;
    static constexpr int ahead_wanted = 3;

    // Frames that have to leave something behind, all of them, before that counts as standing there: a jitter of the
    // network is spread over fewer.
    static constexpr int standing_frames = 32;

    // What stands there at most, in frames. More is a burst of the application's, which it may want to be heard in its
    // own time; and 100 ms take two seconds to be made up for, 1 ms a frame.
    static constexpr int standing_max = 5;

    nanoseconds ptime_;
    nanoseconds tick_;

    bool searching_ = true;
    int looks_ = 0; // of this search
    time_point last_empty_look_{};
    time_point last_arrival_{};
    std::array<nanoseconds, arrivals_wanted> offsets_{}; // from our frame times
    std::size_t arrivals_ = 0;

    time_point frame_looked_at_{}; // the frame time that has had its look
    int unsettled_frames_ = 0;     // frames until a shift is through; what they find shows nothing
    int frames_ = 0;               // of this window
    int late_ = 0;                 // of them
    int frames_since_ = 0;         // since the last frame time that something was there for
    int frames_between_ = 1;       // our frames for each message of the caller's
    bool came_early_ = false;      // something was there before the frame time
    int late_looks_ = -1;          // further looks so far; -1: nothing is missing
    bool look_ahead_ = false;      // wanted before the next frame time
    int found_ahead_ = 0;          // in a row
    int frames_left_ = 0;          // frames that left something behind, in a row
    nanoseconds least_left_{};     // by each of them
    std::optional<nanoseconds> shift_;
};

} // namespace audiosocket::detail
