// SPDX-License-Identifier: Apache-2.0
#include "gateway/playback.hpp"

#include <utility>

namespace audiosocket::app::gateway {
namespace {

// Kinds of marks, behind the number of the speaker.
constexpr char of_dialect = ':';
constexpr char of_clear = '!'; // stands behind all that a clear cuts off

// Of our own: in front of a waiting sound, with its number behind it.
constexpr char of_waiting = 'w';

} // namespace

void playback::wait_with(const clip& sound) {
    if (waiting_with_) return;
    waiting_with_ = sound;
    waiting_is_queued_ = false;
    waiting_mark_ = of_waiting + std::to_string(++waits_);
    if (call_.mark(waiting_mark_)) queue_waiting(); // there are too many marks: it is not worth the wait
}

void playback::queue_waiting() {
    waiting_is_queued_ = true;
    static_cast<void>(call_.play(*waiting_with_));
    static_cast<void>(call_.mark(waiting_mark_));
}

// Where the waiting sound has not been queued yet, all that is queued was said by a speaker, and stays.
void playback::stop_waiting() {
    if (std::exchange(waiting_with_, std::nullopt) && waiting_is_queued_) call_.clear();
}

error_code playback::play(std::span<const std::int16_t> samples, int rate_hz) {
    stop_waiting();
    return call_.play(samples, rate_hz);
}

error_code playback::mark(std::string_view name) {
    stop_waiting();
    return call_.mark(std::to_string(speaker_) + of_dialect + std::string(name));
}

// The mark in front of the clear takes the place of the nameless report, which would not say whose audio it is about.
bool playback::clear() {
    if (waiting_with_ && waiting_is_queued_) return false;
    const bool playing = call_.queued().count() > 0;
    static_cast<void>(call_.mark(std::to_string(speaker_) + of_clear));
    call_.clear();
    return playing;
}

void playback::play_last(const clip& sound) {
    stop_waiting();
    static_cast<void>(call_.play(sound));
}

std::optional<playback::speakers_mark> playback::read_mark(std::string_view mark) const {
    const auto number = std::to_string(speaker_);
    if (!mark.starts_with(number) || mark.size() == number.size()) return std::nullopt;
    mark.remove_prefix(number.size());
    if (mark == std::string_view(&of_clear, 1)) return speakers_mark{true, {}};
    if (mark[0] != of_dialect) return std::nullopt;
    return speakers_mark{false, std::string(mark.substr(1))};
}

std::optional<event> playback::for_speaker(const event& e) {
    if (const auto* reached = std::get_if<played_event>(&e)) {
        if (reached->mark == waiting_mark_ && waiting_with_) queue_waiting();
        const auto mark = read_mark(reached->mark);
        if (!mark || mark->of_clear) return std::nullopt;
        return played_event{mark->name, reached->sent};
    }
    if (const auto* cut = std::get_if<cleared_event>(&e)) {
        if (cut->mark == waiting_mark_ && waiting_with_) queue_waiting();
        const auto mark = read_mark(cut->mark);
        const bool nothing = cut->sent.count() == 0 && cut->cut.count() == 0;
        if (!mark || (mark->of_clear && nothing)) return std::nullopt;
        return cleared_event{mark->name, cut->sent, cut->cut};
    }
    return e;
}

} // namespace audiosocket::app::gateway
