// SPDX-License-Identifier: Apache-2.0
#include "call/playout.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace audiosocket {
namespace {

// The message is kept as samples, so that linear audio is made directly in its payload: an unused byte, the header, the
// payload.
constexpr std::size_t unused_bytes = 1;
constexpr std::size_t payload_offset = (unused_bytes + header_bytes) / sizeof(std::int16_t);
static_assert((unused_bytes + header_bytes) % sizeof(std::int16_t) == 0);

// Returns whether samples have the same bytes on the wire as in memory.
constexpr bool sent_as_they_are(encoding e) {
    return e == encoding::slin && std::endian::native == std::endian::little;
}

// How much room is kept for the marks of a frame. One frame can reach thousands.
constexpr std::size_t reached_kept_max = 16;

// At most 200, because validate() limits it.
std::uint8_t frames_of(std::chrono::milliseconds time, std::chrono::milliseconds ptime) {
    return static_cast<std::uint8_t>((time + ptime - std::chrono::milliseconds(1)) / ptime);
}

std::size_t samples_per_frame(int rate_hz, std::chrono::milliseconds ptime) {
    return static_cast<std::size_t>(rate_hz) * static_cast<std::size_t>(ptime.count()) / 1000;
}

} // namespace

playout::playout(const call_options& options, call_statistics& counters)
    : counters_(counters), clock_(options.ptime, options.catch_up_frames),
      format_(options.send_format.value_or(media_format{})),
      hangup_silence_frames_(frames_of(options.hangup_silence, options.ptime)) {}

void playout::set_format(media_format format) {
    format_ = format;
    const std::size_t samples = samples_per_frame(format.rate_hz(), clock_.ptime());
    const std::size_t payload_bytes = bytes_for(format.encoding, samples);
    message_.resize(payload_offset + (payload_bytes + 1) / sizeof(std::int16_t));
    samples_.resize(sent_as_they_are(format.encoding) ? 0 : samples);
    message_bytes_ = header_bytes + payload_bytes;
    write_header({format.kind, static_cast<std::uint16_t>(payload_bytes)},
                 std::as_writable_bytes(std::span(message_)).subspan<unused_bytes, header_bytes>());
}

playout::frame playout::make_frame() {
    if (reached_.empty()) clear_and_keep(reached_, reached_kept_max); // else from a frame that found no memory
    const auto samples = sent_as_they_are(format_.encoding) ? std::span(message_).subspan(payload_offset) : samples_;
    const std::size_t filled = pull_audio(samples);
    const bool full = filled == samples.size();
    if (!full && (playing_ || filled > 0) && !paused_ && !queue_.ends_here()) ++counters_.underruns;
    playing_ = full;
    if (filled > 0)
        silent_frames_ = 0;
    else if (silent_frames_ < never)
        ++silent_frames_;
    due_ = clock_.take();

    std::ranges::fill(samples.subspan(filled), std::int16_t{0});
    const auto message = std::as_writable_bytes(std::span(message_)).subspan(unused_bytes, message_bytes_);
    if (!sent_as_they_are(format_.encoding)) encode(format_.encoding, samples, message.subspan(header_bytes));
    return {message, samples, due_};
}

void playout::count_sent(time_point now) noexcept {
    ++counters_.frames_sent;
    if (silent_frames_ > 0) ++counters_.silence_frames_sent;
    // A frame that waited for its audio is not late by our fault.
    const auto ours = std::exchange(held_back_, false) ? due_ + late_audio_wait() : due_;
    const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - ours);
    if (late > late_after) ++counters_.late_frames;
    counters_.lateness_max = std::max(counters_.lateness_max, late);
    if (tally_) tally_->frame_lateness.add(now - ours);
}

void playout::clear(std::vector<cleared_event>& cut) {
    queue_.clear(cut);
    playing_ = waited_ = false;
    silent_frames_ = never;
}

// Returns whether the next frame would have a gap between pieces of audio that the application plays.
bool playout::waits_for_audio() const noexcept {
    return playing_ && !paused_ && !queue_.ends_here() && !queue_.holds(clock_.ptime(), format_.rate_hz());
}

std::size_t playout::pull_audio(std::span<std::int16_t> to) {
    if (paused_ || queue_.empty()) return 0;
    const bool whole = queue_.ends_here() || queue_.holds(clock_.ptime(), format_.rate_hz());
    if (!whole && !playing_ && !waited_) {
        waited_ = true;
        return 0;
    }
    waited_ = false;
    return queue_.pull(to, format_.rate_hz(), reached_);
}

} // namespace audiosocket
