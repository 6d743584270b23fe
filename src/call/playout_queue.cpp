#include "call/playout_queue.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace audiosocket {
namespace {

std::chrono::nanoseconds duration_of(std::size_t samples, int rate_hz) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(samples) * 1'000'000'000 / rate_hz);
}

// Audio is told to people in milliseconds, rounded: 0.99996 ms of 44.1 kHz audio is 1 ms.
std::chrono::milliseconds told(std::chrono::nanoseconds audio) {
    return std::chrono::round<std::chrono::milliseconds>(audio);
}

resampler::progress copy(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
    const std::size_t n = std::min(in.size(), out.size());
    std::copy_n(in.begin(), n, out.begin());
    return {n, n};
}

// Samples are appended to the stretch before them up to this size, so that a program that plays ten samples at a time
// does not cost an item for each. 100 ms at 8 kHz.
constexpr std::size_t merged_samples_max = 800;

// The longest that a resampler holds back of its input: from 4 kHz, its lowest rate (resampler::delay).
constexpr std::chrono::milliseconds converter_delay{10};

} // namespace

playout_queue::item& playout_queue::push(item::type what, int rate_hz) {
    item& added = items_.push();
    added.what = what;
    added.own.clear();
    added.sound.reset();
    added.rate_hz = rate_hz;
    added.pulled = 0;
    return added;
}

void playout_queue::append(std::span<const std::int16_t> samples, int rate_hz) {
    if (samples.empty()) return;
    const bool merge = !items_.empty() && items_.back().what == item::type::samples &&
                       items_.back().rate_hz == rate_hz &&
                       items_.back().own.size() + samples.size() <= merged_samples_max;
    item& to = merge ? items_.back() : push(item::type::samples, rate_hz);
    const auto before = duration_of(to.own.size(), rate_hz);
    to.own.insert(to.own.end(), samples.begin(), samples.end());
    queued_ += duration_of(to.own.size(), rate_hz) - before;
    ends_here_ = false;
}

void playout_queue::append(clip sound) {
    if (sound.samples().empty()) return;
    item& added = push(item::type::shared, sound.rate_hz());
    queued_ += duration_of(sound.samples().size(), sound.rate_hz());
    added.sound.emplace(std::move(sound));
    ends_here_ = true;
}

void playout_queue::append_mark(std::string name) {
    push(item::type::mark, 0).name = std::move(name);
    ++marks_;
    ends_here_ = true;
}

bool playout_queue::holds(std::chrono::nanoseconds frame, int rate_hz) const noexcept {
    const bool converts = !items_.empty() && items_[0].rate_hz != rate_hz && !converting();
    return queued_ >= (converts ? frame + converter_delay : frame);
}

// Whether the audio that comes next, marks aside, goes on at this rate.
bool playout_queue::audio_follows(int source_rate_hz) const noexcept {
    for (std::size_t i = 0; i < items_.size(); ++i)
        if (items_[i].what != item::type::mark) return items_[i].rate_hz == source_rate_hz;
    return false;
}

std::size_t playout_queue::pull(std::span<std::int16_t> out, int rate_hz, std::vector<played_event>& reached) {
    std::size_t filled = 0;
    if (converting() && converter_->out_rate_hz() != rate_hz) tail_pending_ = false; // what was left was for another rate
    for (;;) {
        if (converting() && !audio_follows(converter_->in_rate_hz())) filled += flush_converter(out.subspan(filled));
        if (items_.empty()) return filled;

        item& first = items_.front();
        if (first.what == item::type::mark) {
            if (converting() && !audio_follows(converter_->in_rate_hz())) return filled; // its last samples are still to come
            reached.push_back({std::move(first.name), told(std::exchange(untold_, {}))});
            items_.pop();
            --marks_;
            continue;
        }
        if (filled == out.size()) return filled;

        const auto rest = first.rest();
        const auto room = out.subspan(filled);
        const auto step = first.rate_hz == rate_hz ? copy(rest, room) : convert(rest, first.rate_hz, room, rate_hz);
        assert(step.consumed + step.produced > 0);
        filled += step.produced;
        account(first, step.consumed);
        if (step.consumed == rest.size()) {
            first.sound.reset();
            items_.pop();
        }
    }
}

// Moves `samples` of an item from the queued to the sent side of the ledger. Durations are taken as differences of
// positions, so that rounding does not add up.
void playout_queue::account(item& from, std::size_t samples) noexcept {
    const auto before = duration_of(from.pulled, from.rate_hz);
    from.pulled += samples;
    const auto pulled = duration_of(from.pulled, from.rate_hz) - before;
    queued_ -= pulled;
    untold_ += pulled;
}

resampler::progress playout_queue::convert(std::span<const std::int16_t> in, int in_rate_hz,
                                           std::span<std::int16_t> out, int out_rate_hz) {
    if (!converter_ || converter_->in_rate_hz() != in_rate_hz || converter_->out_rate_hz() != out_rate_hz)
        converter_.emplace(in_rate_hz, out_rate_hz);
    tail_pending_ = true;
    return converter_->process(in, out);
}

std::size_t playout_queue::flush_converter(std::span<std::int16_t> out) {
    const std::size_t produced = converter_->flush(out);
    if (produced < out.size()) {
        converter_->reset();
        tail_pending_ = false;
    }
    return produced;
}

void playout_queue::clear(std::vector<cleared_event>& cut) {
    std::chrono::nanoseconds sent = std::exchange(untold_, {});
    std::chrono::nanoseconds left{};
    for (; !items_.empty(); items_.pop()) {
        item& first = items_.front();
        if (first.what == item::type::mark) {
            cut.push_back({std::move(first.name), told(std::exchange(sent, {})), told(std::exchange(left, {}))});
            continue;
        }
        left += duration_of(first.rest().size(), first.rate_hz);
        first.sound.reset();
    }
    if (left > std::chrono::nanoseconds{}) cut.push_back({{}, told(sent), told(left)});
    if (converter_) converter_->reset();
    tail_pending_ = false;
    queued_ = {};
    marks_ = 0;
    ends_here_ = true;
}

} // namespace audiosocket
