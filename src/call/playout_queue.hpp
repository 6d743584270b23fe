// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/ring.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/call/play_result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket {

/// The queue of what is to be played (samples of any rate, shared clips, and marks), with the account of what was
/// played.
///
/// Audio waits at its own rate and is converted when it is pulled. So the rate of the call may become known after audio
/// was queued. Queued audio takes no more memory than it did in the application. A mark stays between the same two
/// samples. A converter reads a few milliseconds ahead (resampler::delay). So a mark between two pieces of one rate is
/// reached that much early, and what a clear finds in the converter counts as cut.
///
/// Invariant: `queued_` is the duration of all audio in `items_`, and `untold_` that of the audio that was pulled since
/// the last mark.
class playout_queue {
  public:
    void append(std::span<const std::int16_t> samples, int rate_hz);
    void append(clip sound);
    void append_mark(std::string name);

    /// Queues a mark that take_report() reports. It reports the last `audio` (a length) that was queued before it. It
    /// does not change the account of the other marks.
    void append_ticket(play_ticket ticket, std::chrono::nanoseconds audio);

    std::chrono::nanoseconds queued() const noexcept { return queued_; }

    /// Returns the number of marks with a name or a ticket, and of reports that were not taken.
    std::size_t marks() const noexcept { return names_ + tickets_ + reports_.size(); }

    /// Returns the report of the next ticket that was reached or cleared; nothing if there is none.
    std::optional<play_report> take_report();

    /// Returns the number of items: marks, and pieces of audio of any length.
    std::size_t size() const noexcept { return items_.size(); }

    /// Returns whether there is nothing to pull and no mark to reach.
    bool empty() const noexcept { return items_.empty() && owed() == 0; }

    /// Returns whether the last item is a mark or a clip, so that nothing more is expected at once.
    bool ends_here() const noexcept { return ends_here_; }

    /// Says that nothing more is expected at once, as a mark does.
    void end_here() noexcept { ends_here_ = true; }

    /// Returns whether a whole frame of this duration can be pulled, including conversion.
    bool holds(std::chrono::nanoseconds frame, int rate_hz) const noexcept;

    /// Fills `out` at this rate as far as there is audio, and returns the number of samples. Appends the marks that
    /// were reached to `reached`.
    std::size_t pull(std::span<std::int16_t> out, int rate_hz, std::vector<played_event>& reached);

    /// Leaves out samples at the front, up to this much and up to the first clip or mark. They count neither as queued
    /// nor as played. Returns how much was left out.
    std::chrono::nanoseconds leave_out(std::chrono::nanoseconds most) noexcept;

    /// Empties the queue. Appends each pending mark to `cut`, and audio behind the last mark as a mark without a name.
    /// If it throws std::bad_alloc, nothing has changed.
    void clear(std::vector<cleared_event>& cut);

    /// Returns how many events clear() appends at most.
    std::size_t cleared_max() const noexcept { return empty() ? 0 : names_ + 1; }

    /// Makes room for this many clips, marks and tickets, so that appending as many cannot fail.
    void make_room(std::size_t more) { items_.make_room(more); }

  private:
    // A piece of audio of one rate, owned or shared, or a mark with a name or a ticket.
    struct item {
        enum class type { samples, shared, mark, ticket } what = type::samples;
        std::vector<std::int16_t> own;
        std::optional<clip> sound;
        std::string name;
        int rate_hz = 0;
        std::size_t pulled = 0; // samples
        play_ticket ticket{};
        std::chrono::nanoseconds audio{}; // that a ticket reports

        bool is_audio() const noexcept { return what == type::samples || what == type::shared; }
        std::span<const std::int16_t> rest() const noexcept {
            const auto all = what == type::shared ? sound->samples() : std::span<const std::int16_t>(own);
            return all.subspan(pulled);
        }
    };

    item& push(item::type what, int rate_hz);
    void pop() noexcept;
    const item* next_audio() const noexcept;
    void reach(item& mark, std::vector<played_event>& reached);
    void report(const item& ticket, std::chrono::nanoseconds cut, bool cleared);
    void account(item& from, std::size_t samples) noexcept;

    resampler::progress convert(std::span<const std::int16_t> in, int in_rate_hz, std::span<std::int16_t> out,
                                int out_rate_hz);
    bool stream_ends() const noexcept;
    std::size_t finish_stream(std::span<std::int16_t> out);
    void drop_stream() noexcept;
    std::size_t owed() const noexcept;

    ring<item> items_;
    ring<play_report> reports_;
    std::chrono::nanoseconds queued_{};
    std::chrono::nanoseconds untold_{};
    // Marks, with a name or with a ticket. The session allows fewer than 65,536.
    std::uint16_t names_ = 0;
    std::uint16_t tickets_ = 0;
    bool ends_here_ = true;
    bool finishing_ = false; // the converter is being flushed; audio that follows is another stream

    // Audio of one rate that goes through the converter without a break is a stream.
    std::optional<resampler> converter_;
    std::uint64_t stream_in_ = 0;  // samples it has taken of this stream; 0: there is none
    std::uint64_t stream_out_ = 0; // samples it has given
};

} // namespace audiosocket
