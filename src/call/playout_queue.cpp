// SPDX-License-Identifier: Apache-2.0
#include "call/playout_queue.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace audiosocket {
namespace {

// Rounds audio to milliseconds for reports: 0.99996 ms of 44.1 kHz audio is 1 ms.
std::chrono::milliseconds rounded_ms(std::chrono::nanoseconds audio) {
    return std::chrono::round<std::chrono::milliseconds>(audio);
}

resampler::progress copy(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
    const std::size_t n = std::min(in.size(), out.size());
    std::copy_n(in.begin(), n, out.begin());
    return {n, n};
}

// Samples are appended to the item before them up to this size, 100 ms at 8 kHz. So an application that plays ten
// samples at a time does not need an item for each.
constexpr std::size_t merged_samples_max = 800;

// The most input that a resampler holds back: from 4 kHz, its lowest rate (resampler::delay).
constexpr std::chrono::milliseconds converter_delay{10};

} // namespace

playout_queue::item& playout_queue::push(item::type what, int rate_hz) {
    item& added = items_.push();
    added.what = what;
    added.own.clear();
    added.rate_hz = rate_hz;
    added.pulled = 0;
    return added;
}

// Removes the first item. Its slot releases its share of a clip, and memory beyond the usual.
void playout_queue::pop() noexcept {
    item& first = items_.front();
    first.sound.reset();
    if (first.what == item::type::samples)
        clear_and_keep(first.own, items_.slots() <= buffered_slots_max ? kept_samples_max(first.rate_hz) : 0);
    items_.pop();
    if (items_.empty() && items_.slots() > idle_slots_max) items_.release();
}

void playout_queue::append(std::span<const std::int16_t> samples, int rate_hz) {
    if (samples.empty()) return;
    const bool merge = !items_.empty() && items_.back().what == item::type::samples &&
                       items_.back().rate_hz == rate_hz &&
                       items_.back().own.size() + samples.size() <= merged_samples_max;
    item& to = merge ? items_.back() : push(item::type::samples, rate_hz);
    const auto before = duration_of(to.own.size(), rate_hz);
    try {
        to.own.insert(to.own.end(), samples.begin(), samples.end());
    } catch (const std::bad_alloc&) {
        if (!merge) items_.erase(items_.size() - 1);
        throw;
    }
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
    ++names_;
    ends_here_ = true;
}

void playout_queue::append_ticket(play_ticket ticket, std::chrono::nanoseconds audio) {
    item& added = push(item::type::ticket, 0);
    added.ticket = ticket;
    added.audio = audio;
    ++tickets_;
    ends_here_ = true;
}

std::optional<play_report> playout_queue::take_report() {
    if (reports_.empty()) return std::nullopt;
    const play_report next = reports_.front();
    reports_.pop();
    if (reports_.empty() && reports_.slots() > idle_slots_max) reports_.release();
    return next;
}

bool playout_queue::holds(std::chrono::nanoseconds frame, int rate_hz) const noexcept {
    const item* next = next_audio();
    const bool converts = next && next->rate_hz != rate_hz && stream_in_ == 0;
    return queued_ >= (converts ? frame + converter_delay : frame);
}

const playout_queue::item* playout_queue::next_audio() const noexcept {
    for (std::size_t i = 0; i < items_.size(); ++i)
        if (items_[i].is_audio()) return &items_[i];
    return nullptr;
}

std::size_t playout_queue::pull(std::span<std::int16_t> out, int rate_hz, std::vector<played_event>& reached) {
    std::size_t filled = 0;
    if (stream_in_ > 0 && converter_->out_rate_hz() != rate_hz) drop_stream(); // the rest of it is for another rate
    for (;;) {
        if (stream_ends()) filled += finish_stream(out.subspan(filled));
        if (items_.empty()) return filled;

        item& first = items_.front();
        if (!first.is_audio()) {
            if (stream_ends()) return filled; // the last samples before the mark follow
            reach(first, reached);
            --(first.what == item::type::mark ? names_ : tickets_);
            pop();
            continue;
        }
        if (filled == out.size()) return filled;

        const auto rest = first.rest();
        const auto room = out.subspan(filled);
        const auto step = first.rate_hz == rate_hz ? copy(rest, room) : convert(rest, first.rate_hz, room, rate_hz);
        assert(step.consumed + step.produced > 0);
        filled += step.produced;
        account(first, step.consumed);
        if (step.consumed == rest.size()) pop();
    }
}

std::chrono::nanoseconds playout_queue::leave_out(std::chrono::nanoseconds most) noexcept {
    const auto before = queued_;
    const auto played = untold_;
    while (!items_.empty() && items_.front().what == item::type::samples) {
        item& first = items_.front();
        const auto left = most - (before - queued_);
        const auto wanted = static_cast<std::size_t>(left * first.rate_hz / std::chrono::seconds(1));
        const auto samples = std::min(first.rest().size(), wanted);
        account(first, samples);
        if (!first.rest().empty()) break;
        pop();
    }
    untold_ = played;
    return before - queued_;
}

void playout_queue::reach(item& mark, std::vector<played_event>& reached) {
    if (mark.what == item::type::ticket) return report(mark, {}, false);
    played_event& event = reached.emplace_back(); // first, because it may throw, and the mark is reached again then
    event.mark = std::move(mark.name);
    event.sent = rounded_ms(std::exchange(untold_, {}));
}

void playout_queue::report(const item& ticket, std::chrono::nanoseconds cut, bool cleared) {
    reports_.push() = {ticket.ticket, {rounded_ms(ticket.audio - cut), rounded_ms(cut), cleared}};
}

// Counts `samples` of an item as sent and no longer as queued. Durations are differences of positions, so that rounding
// errors do not add up.
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
    const auto step = converter_->process(in, out);
    stream_in_ += step.consumed;
    stream_out_ += step.produced;
    return step;
}

// Returns whether the converter has the end of its stream: nothing follows, or audio of another rate. When flushing has
// begun, silence is in the converter and the stream cannot continue.
bool playout_queue::stream_ends() const noexcept {
    if (stream_in_ == 0) return false;
    const item* next = next_audio();
    return finishing_ || !next || next->rate_hz != converter_->in_rate_hz();
}

std::size_t playout_queue::finish_stream(std::span<std::int16_t> out) {
    finishing_ = true;
    const auto room = out.first(std::min(out.size(), owed()));
    const std::size_t produced = room.empty() ? 0 : converter_->flush(room);
    assert(produced == room.size());
    stream_out_ += produced;
    if (owed() == 0) drop_stream();
    return produced;
}

void playout_queue::drop_stream() noexcept {
    if (converter_) converter_->reset();
    stream_in_ = stream_out_ = 0;
    finishing_ = false;
}

// Returns how many samples, at the call's rate, the converter still holds of its stream.
std::size_t playout_queue::owed() const noexcept {
    if (stream_in_ == 0) return 0;
    const auto in_rate = static_cast<std::uint64_t>(converter_->in_rate_hz());
    const auto out_rate = static_cast<std::uint64_t>(converter_->out_rate_hz());
    const std::uint64_t whole = (stream_in_ * out_rate + in_rate - 1) / in_rate;
    return whole > stream_out_ ? static_cast<std::size_t>(whole - stream_out_) : 0;
}

void playout_queue::clear(std::vector<cleared_event>& cut) {
    cut.reserve(cut.size() + cleared_max()); // first, because it may throw
    reports_.make_room(tickets_);

    std::chrono::nanoseconds sent = std::exchange(untold_, {});
    std::chrono::nanoseconds left{};
    std::chrono::nanoseconds all_left{}; // before the item, across all marks
    if (const std::size_t held = owed(); held > 0) {
        all_left = duration_of(held, converter_->out_rate_hz());
        left = std::min(sent, all_left);
        sent -= left;
    }
    for (; !items_.empty(); pop()) {
        item& first = items_.front();
        if (first.what == item::type::ticket) {
            report(first, std::min(first.audio, all_left), true);
            continue;
        }
        if (first.what == item::type::mark) {
            cut.push_back(
                {std::move(first.name), rounded_ms(std::exchange(sent, {})), rounded_ms(std::exchange(left, {}))});
            continue;
        }
        const auto rest = duration_of(first.rest().size(), first.rate_hz);
        left += rest;
        all_left += rest;
    }
    if (left > std::chrono::nanoseconds{}) cut.push_back({{}, rounded_ms(sent), rounded_ms(left)});
    drop_stream();
    queued_ = {};
    names_ = tickets_ = 0;
    ends_here_ = true;
}

} // namespace audiosocket
