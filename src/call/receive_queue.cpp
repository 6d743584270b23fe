// SPDX-License-Identifier: Apache-2.0
#include "call/receive_queue.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace audiosocket {

std::chrono::nanoseconds receive_queue::entry::duration() const noexcept {
    return duration_of(samples.size(), std::get<audio_event>(what).rate_hz);
}

std::span<std::int16_t> receive_queue::room_for_audio(std::size_t samples, int rate_hz) {
    const bool joinable = !entries_.empty() && entries_.back().is_audio() &&
                          std::get<audio_event>(entries_.back().what).rate_hz == rate_hz;
    const auto before = joinable ? entries_.back().duration() : joined_audio; // divisions, so only once a message
    const bool join = before < joined_audio;
    entry& to = join ? entries_.back() : push_entry(audio_event{{}, rate_hz});
    try {
        to.samples.resize(to.samples.size() + samples);
    } catch (const std::bad_alloc&) {
        if (!join) erase(entries_.size() - 1);
        throw;
    }
    if (join)
        audio_ -= before;
    else
        ++audio_entries_;
    ++to.messages;
    audio_ += to.duration();
    const auto entries_max = static_cast<std::size_t>(audio_max_ / joined_audio) + unjoined_entries_max;
    while (audio_entries_ > 1 && (audio_ > audio_max_ || audio_entries_ > entries_max))
        drop_oldest_audio(); // the newest audio stays, even if it is too long
    return std::span(entries_.back().samples).last(samples);
}

void receive_queue::push_audio(std::span<const std::int16_t> samples, int rate_hz) {
    std::ranges::copy(samples, room_for_audio(samples.size(), rate_hz).begin());
}

void receive_queue::push_digit(char digit) {
    push_entry(dtmf_event{digit});
    if (++digits_ > digits_max) drop_oldest_digit();
}

void receive_queue::push(event other) {
    push_entry(std::move(other));
}

std::optional<event> receive_queue::pop() {
    forget_shown();
    if (entries_.empty()) return std::nullopt;
    entry& first = entries_.front();
    if (first.is_digit()) --digits_;
    if (auto* audio = std::get_if<audio_event>(&first.what)) {
        audio_ -= first.duration();
        --audio_entries_;
        std::swap(shown_, first.samples);
        shown_rate_hz_ = audio->rate_hz;
        audio->samples = shown_;
    }
    event next = std::move(first.what);
    erase(0);
    return next;
}

receive_queue::entry& receive_queue::push_entry(event what) {
    entry& added = entries_.push();
    added.what = std::move(what);
    added.samples.clear();
    added.messages = 0;
    return added;
}

// Releases audio, and memory beyond the usual.
void receive_queue::give_back(std::vector<std::int16_t>& samples, int rate_hz) const noexcept {
    clear_and_keep(samples, entries_.slots() <= buffered_slots_max ? kept_samples_max(rate_hz) : 0);
}

void receive_queue::erase(std::size_t i) noexcept {
    if (const auto* audio = std::get_if<audio_event>(&entries_[i].what)) give_back(entries_[i].samples, audio->rate_hz);
    entries_.erase(i);
    if (entries_.empty() && entries_.slots() > idle_slots_max) entries_.release();
}

void receive_queue::drop_oldest_audio() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].is_audio()) return drop_audio(i);
    }
}

// Drops the audio before the digit as well. Removing it from the middle would move half the queue because of a message
// of four bytes.
void receive_queue::drop_oldest_digit() {
    for (std::size_t i = 0; i < entries_.size();) {
        if (entries_[i].is_digit()) {
            --digits_;
            ++counters_.digits_dropped;
            return erase(i);
        }
        if (entries_[i].is_audio())
            drop_audio(i);
        else
            ++i;
    }
}

void receive_queue::drop_audio(std::size_t i) {
    audio_ -= entries_[i].duration();
    --audio_entries_;
    counters_.frames_dropped += entries_[i].messages;
    erase(i);
}

} // namespace audiosocket
