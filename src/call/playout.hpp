#pragma once

#include "call/frame_clock.hpp"
#include "call/playout_queue.hpp"

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>

namespace audiosocket {

/// Makes the frames of one call: when one is due, what is in it, and the message that carries it.
///
/// From start() on a frame is due every ptime, silence where there is nothing to play. Audio that begins with less
/// than a frame waits one frame time for the rest: otherwise a program that plays 20 ms at a time would have a hole
/// in its very first frames.
class playout {
  public:
    playout(const call_options& options, call_statistics& counters);

    void start(time_point now) { clock_.start(now); }
    void stop() { clock_.stop(); }

    time_point next_due() const noexcept { return clock_.next(); }

    /// Gives up frames that are too late. Call before frame_due().
    void catch_up(time_point now) { counters_.skipped_frames += clock_.skip_missed(now); }
    bool frame_due(time_point now) const noexcept { return clock_.due(now); }

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
    std::size_t pull_audio();

    call_statistics& counters_;
    std::chrono::milliseconds ptime_;
    frame_clock clock_;
    playout_queue queue_;
    media_format format_;
    bool paused_ = false;
    bool playing_ = false; // the last frame was full of audio
    bool waited_ = false;  // audio that begins with less than a frame has waited a frame time already
    std::vector<std::int16_t> samples_;
    std::vector<std::byte> message_; // one unused byte, header, payload: so that the payload is aligned
    std::vector<played_event> reached_;

    // Of the frame made last.
    time_point due_{};
    bool silent_ = false;
};

} // namespace audiosocket
