// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/frame_clock.hpp"
#include "call/playout_queue.hpp"

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/call_tally.hpp>

namespace audiosocket {

/// Makes the frames of one call: when one is due, what is in it, and the message that carries it.
///
/// From start() on a frame is due every ptime, silence where there is nothing to play. Audio that begins with less
/// than a frame waits one frame time for the rest: otherwise an application that plays 20 ms at a time would have a
/// hole in its very first frames. And a frame waits a little for audio that is late in the middle of what is played: a
/// phone's jitter buffer makes good for a late frame, but not for a hole, and what comes behind a hole is late for
/// good.
class playout {
  public:
    playout(const call_options& options, call_statistics& counters);

    void start(time_point now) {
        set_format(format_); // makes room for frames, which a connection without an id does not need
        clock_.start(now);
    }
    void stop() { clock_.stop(); }

    /// Counts in this as well, or null.
    void set_tally(call_tally* tally) noexcept { tally_ = tally; }

    /// When something has to be done next: a frame, or no longer waiting for its audio.
    time_point next_due() const noexcept {
        return waits_for_audio() ? clock_.next() + late_audio_wait() : clock_.next();
    }

    /// When the next frame belongs.
    time_point frame_time() const noexcept { return clock_.next(); }

    /// Lets all frames to come be due this much later, or earlier if negative (frame_clock).
    void shift_frames(std::chrono::nanoseconds by) noexcept { clock_.shift(by); }

    /// Gives up frames that are too late. Call before frame_due().
    void catch_up(time_point now) {
        const auto skipped = clock_.skip_missed(now);
        counters_.skipped_frames += skipped;
        held_back_ = (held_back_ && skipped == 0) || (clock_.due(now) && waits_for_audio());
    }
    bool frame_due(time_point now) const noexcept { return next_due() <= now; }

    /// A frame of the call, ready to be sent. Views are valid until the next one is made.
    struct frame {
        std::span<const std::byte> message;
        std::span<const std::int16_t> samples;
        time_point due;
    };

    /// Makes the frame that is due.
    frame make_frame();

    /// Counts the frame made last, which has been sent just now.
    void count_sent(time_point now) noexcept;

    /// The marks reached by the last frame, for the caller to take out.
    std::vector<played_event>& reached() noexcept { return reached_; }

    media_format format() const noexcept { return format_; }
    void set_format(media_format format);

    playout_queue& queue() noexcept { return queue_; }
    const playout_queue& queue() const noexcept { return queue_; }

    void pause(bool paused) noexcept { paused_ = paused; }

    /// Empties the queue (playout_queue::clear). What is played after it is a new beginning.
    void clear(std::vector<cleared_event>& cut);

  private:
    // So that the gap stays well below two frames of 20 ms.
    std::chrono::milliseconds late_audio_wait() const noexcept {
        return std::min(clock_.ptime() * 3 / 4, std::chrono::milliseconds(15));
    }
    bool waits_for_audio() const noexcept;
    std::size_t pull_audio(std::span<std::int16_t> to);

    call_statistics& counters_;
    call_tally* tally_ = nullptr;
    frame_clock clock_;
    playout_queue queue_;
    media_format format_;
    bool paused_ = false;
    bool playing_ = false;              // the last frame was full of audio
    bool waited_ = false;               // audio that begins with less than a frame has waited a frame time already
    bool silent_ = false;               // the last frame was silence
    bool held_back_ = false;            // the next frame has been waiting for its audio
    std::vector<std::int16_t> message_; // what is sent, behind an unused byte; in samples, because its payload is
    std::size_t message_bytes_ = 0;
    std::vector<std::int16_t> samples_; // of a frame that has to be encoded
    std::vector<played_event> reached_;

    time_point due_{}; // when the last frame was
};

} // namespace audiosocket
