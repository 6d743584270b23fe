#include "call/receive_queue.hpp"

#include <utility>

namespace audiosocket {

std::chrono::nanoseconds receive_queue::entry::duration() const noexcept {
    const auto rate = std::get<audio_event>(what).rate_hz;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(samples.size()) * 1'000'000'000 / rate);
}

void receive_queue::push_audio(std::span<const std::int16_t> samples, int rate_hz) {
    retire_shown();
    const bool join = !entries_.empty() && entries_.back().is_audio() &&
                      std::get<audio_event>(entries_.back().what).rate_hz == rate_hz &&
                      entries_.back().duration() < joined_audio_max;
    entry& to = join ? entries_.back() : push_entry(audio_event{{}, rate_hz});
    if (join) audio_ -= to.duration();
    to.samples.insert(to.samples.end(), samples.begin(), samples.end());
    ++to.messages;
    const auto newest = to.duration();
    audio_ += newest;
    while (audio_ > audio_max_ && audio_ > newest) // what came last stays, however long it is
        drop_oldest_audio();
}

void receive_queue::push_digit(char digit) {
    retire_shown();
    push_entry(dtmf_event{digit});
    if (++digits_ > digits_max) drop_oldest_digit();
}

void receive_queue::push(event other) {
    retire_shown();
    push_entry(std::move(other));
}

std::optional<event> receive_queue::pop() {
    retire_shown();
    if (entries_.empty()) return std::nullopt;
    front_shown_ = true;
    entry& first = entries_.front();
    if (first.is_digit()) --digits_;
    if (first.is_audio()) {
        audio_ -= first.duration();
        std::get<audio_event>(first.what).samples = first.samples;
    }
    return std::move(first.what);
}

void receive_queue::drop_media() {
    retire_shown();
    for (std::size_t i = entries_.size(); i-- > 0;)
        if (entries_[i].is_audio() || entries_[i].is_digit()) entries_.erase(i);
    audio_ = {};
    digits_ = 0;
}

receive_queue::entry& receive_queue::push_entry(event what) {
    entry& added = entries_.push();
    added.what = std::move(what);
    added.samples.clear();
    added.messages = 0;
    return added;
}

void receive_queue::retire_shown() {
    if (std::exchange(front_shown_, false)) entries_.pop();
}

void receive_queue::drop_oldest_audio() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!entries_[i].is_audio()) continue;
        audio_ -= entries_[i].duration();
        counters_.frames_dropped += entries_[i].messages;
        return entries_.erase(i);
    }
}

void receive_queue::drop_oldest_digit() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!entries_[i].is_digit()) continue;
        --digits_;
        ++counters_.digits_dropped;
        return entries_.erase(i);
    }
}

} // namespace audiosocket
