#include "call/playout.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket {
namespace {

constexpr std::size_t alignment_bytes = 1;
constexpr std::size_t payload_offset = alignment_bytes + header_bytes;

// Room that is kept for the marks of a frame. Thousands can be reached in one.
constexpr std::size_t reached_kept_max = 16;

std::size_t samples_per_frame(int rate_hz, std::chrono::milliseconds ptime) {
    return static_cast<std::size_t>(rate_hz) * static_cast<std::size_t>(ptime.count()) / 1000;
}

} // namespace

playout::playout(const call_options& options, call_statistics& counters)
    : counters_(counters), ptime_(options.ptime), clock_(options.ptime, options.catch_up_frames),
      format_(options.send_format.value_or(media_format{})) {}

void playout::set_format(media_format format) {
    format_ = format;
    samples_.resize(samples_per_frame(format.rate_hz(), ptime_));
    const std::size_t payload_bytes = bytes_for(format.encoding, samples_.size());
    message_.resize(payload_offset + payload_bytes);
    write_header({format.kind, static_cast<std::uint16_t>(payload_bytes)},
                 std::span(message_).subspan<alignment_bytes, header_bytes>());
}

playout::frame playout::make_frame() {
    clear_and_keep(reached_, reached_kept_max);
    const std::size_t filled = pull_audio();
    const bool full = filled == samples_.size();
    if (!full && (playing_ || filled > 0) && !paused_ && !queue_.ends_here()) ++counters_.underruns;
    playing_ = full;
    silent_ = filled == 0;
    due_ = clock_.take();

    std::fill(samples_.begin() + static_cast<std::ptrdiff_t>(filled), samples_.end(), std::int16_t{0});
    encode(format_.encoding, samples_, std::span(message_).subspan(payload_offset));
    return {std::span(message_).subspan(alignment_bytes), samples_, due_};
}

void playout::count_sent(time_point now) noexcept {
    ++counters_.frames_sent;
    if (silent_) ++counters_.silence_frames_sent;
    // While a frame waited for its audio, its lateness was no fault of ours.
    const auto ours = std::exchange(held_back_, false) ? due_ + late_audio_wait() : due_;
    const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - ours);
    if (late > late_after) ++counters_.late_frames;
    counters_.lateness_max = std::max(counters_.lateness_max, late);
}

void playout::clear(std::vector<cleared_event>& cut) {
    queue_.clear(cut);
    playing_ = waited_ = false;
}

// Whether the next frame would have a hole where a program plays piece by piece.
bool playout::waits_for_audio() const noexcept {
    return playing_ && !paused_ && !queue_.ends_here() && !queue_.holds(ptime_, format_.rate_hz());
}

std::size_t playout::pull_audio() {
    if (paused_ || queue_.empty()) return 0;
    const bool whole = queue_.ends_here() || queue_.holds(ptime_, format_.rate_hz());
    if (!whole && !playing_ && !waited_) {
        waited_ = true;
        return 0;
    }
    waited_ = false;
    return queue_.pull(samples_, format_.rate_hz(), reached_);
}

} // namespace audiosocket
