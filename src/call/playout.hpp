// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/frame_clock.hpp"
#include "call/playout_queue.hpp"

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/call_tally.hpp>

#include <cstdint>
#include <limits>

namespace audiosocket {

/// Makes the frames of one call: says when a frame is due, and makes its content and its message.
///
/// From start() on a frame is due every ptime; it is silence if there is nothing to play. Audio that begins with less
/// than a frame waits one frame time for the rest. Otherwise an application that plays 20 ms at a time would have a gap
/// in its first frames. A frame also waits a little for late audio in the middle of what is played. A phone's jitter
/// buffer compensates a late frame, but not a gap, and all audio behind a gap stays late.
class playout {
  public:
    playout(const call_options& options, call_statistics& counters);

    void start(time_point now) {
        set_format(format_); // allocates room for frames, which a connection without an id does not need
        clock_.start(now);
    }
    void stop() { clock_.stop(); }

    /// Sets a tally in which it also counts, or null.
    void set_tally(call_tally* tally) noexcept { tally_ = tally; }

    /// Returns when the next frame is due, or when its wait for late audio ends.
    time_point next_due() const noexcept {
        return waits_for_audio() ? clock_.next() + late_audio_wait() : clock_.next();
    }

    /// Returns the frame time of the next frame.
    time_point frame_time() const noexcept { return clock_.next(); }

    /// Makes all later frames due this much later, or earlier if negative (frame_clock).
    void shift_frames(std::chrono::nanoseconds by) noexcept { clock_.shift(by); }

    /// Skips frame times that are too late. Call it before frame_due().
    void catch_up(time_point now) {
        const auto skipped = clock_.skip_missed(now);
        counters_.skipped_frames += skipped;
        held_back_ = (held_back_ && skipped == 0) || (clock_.due(now) && waits_for_audio());
    }
    bool frame_due(time_point now) const noexcept { return next_due() <= now; }

    /// A frame of the call, ready to be sent. Its views are valid until the next frame is made.
    struct frame {
        std::span<const std::byte> message;
        std::span<const std::int16_t> samples;
        time_point due;
    };

    /// Makes the frame that is due.
    frame make_frame();

    /// Counts the last frame as sent at `now`.
    void count_sent(time_point now) noexcept;

    /// Returns the marks that the last frame reached. The caller of this function removes them.
    std::vector<played_event>& reached() noexcept { return reached_; }

    media_format format() const noexcept { return format_; }
    void set_format(media_format format);

    playout_queue& queue() noexcept { return queue_; }
    const playout_queue& queue() const noexcept { return queue_; }

    void pause(bool paused) noexcept { paused_ = paused; }

    /// Returns whether all is played and the silence behind it (call_options::hangup_silence) has been sent, so that
    /// nothing is lost if the call ends now.
    bool is_over() const noexcept { return queue_.empty() && silent_frames_ >= hangup_silence_frames_; }

    /// Empties the queue (playout_queue::clear). Audio after it begins as at the start.
    void clear(std::vector<cleared_event>& cut);

  private:
    // Nothing was played yet, so nothing can be lost.
    static constexpr std::uint8_t never = std::numeric_limits<std::uint8_t>::max();

    // Returns how long a frame waits for late audio, so that the gap stays well below two frames of 20 ms.
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
    bool playing_ = false;   // the last frame was full of audio
    bool waited_ = false;    // audio that begins with less than a frame has waited one frame time already
    bool held_back_ = false; // the next frame has been waiting for its audio
    const std::uint8_t hangup_silence_frames_;
    std::uint8_t silent_frames_ = never; // since the last frame with audio
    std::vector<std::int16_t> message_;  // the message, behind an unused byte; as samples, like its payload
    std::size_t message_bytes_ = 0;
    std::vector<std::int16_t> samples_; // of a frame that must be encoded
    std::vector<played_event> reached_;

    time_point due_{}; // when the last frame was due
};

} // namespace audiosocket
