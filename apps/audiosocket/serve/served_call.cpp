// SPDX-License-Identifier: Apache-2.0
#include "serve/served_call.hpp"

#include <utility>

namespace audiosocket::app::serve {
namespace {

// The longest delay of the echo of a caller who sends faster than real time; more audio is left out. Two seconds may
// arrive in one segment after a network stall.
constexpr std::chrono::milliseconds echo_queue_max{2500};

// Tones are generated a second at a time; two pieces are queued.
constexpr int tone_piece_seconds = 1;

// Queued after everything that a key cuts off. It separates the effect of the key from that of the end of the call.
constexpr const char* barge_in_mark = "barge-in";

// Returns the lowest rate that carries the tone well: the tone has to be a tenth below half the rate, where resampling
// is clean.
int rate_for_tone(double hz) {
    for (int rate : slin_rates_hz)
        if (hz < rate * 0.45) return rate;
    return slin_rates_hz.back();
}

} // namespace

served_call::served_call(std::shared_ptr<live_call> live, const call_plan& plan,
                         std::function<void(const event&)> on_event)
    : live_(std::move(live)), call_(live_->line()), plan_(plan), on_event_(std::move(on_event)),
      stall_(call_.get_executor()) {}

void served_call::start() {
    if (plan_.tone) {
        tone_rate_hz_ = rate_for_tone(*plan_.tone);
        tone_.emplace(*plan_.tone, tone_rate_hz_);
    }
    play_next();
    if (tone_ || plan_.loop) play_next(); // one piece ahead, so that there is no gap
    if (plan_.then_hangup) call_.hang_up_when_played();
    wait();
}

// Queues the next piece, with a mark that requests the piece after it. A call that is ending refuses it; its end is
// then the next event.
void served_call::play_next() {
    if (tone_) {
        std::vector<std::int16_t> piece(static_cast<std::size_t>(tone_rate_hz_) * tone_piece_seconds);
        tone_->fill(piece);
        static_cast<void>(call_.play(clip(std::move(piece), tone_rate_hz_)));
    } else if (plan_.play) {
        static_cast<void>(call_.play(*plan_.play));
    } else {
        plan_done_ = true;
        return;
    }
    static_cast<void>(call_.mark("played"));
}

void served_call::wait() {
    call_.async_next_event([self = shared_from_this()](boost::system::error_code error, const event& e) {
        if (error) return;
        self->handle(e);
        if (!self->stalled_) self->wait();
    });
}

void served_call::handle(const event& e) {
    if (const auto* audio = std::get_if<audio_event>(&e)) {
        if (plan_.echo && plan_done_) echo(*audio);
        return;
    }
    if (!is_news(e)) return;
    if (std::holds_alternative<played_event>(e) && !plan_done_) {
        if (tone_ || plan_.loop)
            play_next();
        else
            plan_done_ = true;
    }
    on_event_(e);
    const auto* key = std::get_if<dtmf_event>(&e);
    if (const auto what = key && plan_.requests ? check::requested_by(call_.id()) : std::nullopt)
        obey(*what, key->digit);
    if (key && plan_.barge_in.find(key->digit) != std::string::npos) barge_in();
}

// Stops the planned audio: then an echo begins or goes on, or a call with then_hangup ends.
void served_call::barge_in() {
    plan_done_ = true;
    if (!call_.mark(barge_in_mark)) key_cuts_ = true;
    call_.clear();
}

// Of all that a key cuts off, only the first was being played. The rest is what was queued ahead, and the mark.
bool served_call::is_news(const event& e) {
    if (const auto* played = std::get_if<played_event>(&e); played && played->mark == barge_in_mark) {
        key_cuts_ = false; // nothing was left to cut
        return false;
    }
    const auto* cleared = std::get_if<cleared_event>(&e);
    if (!cleared) return true;
    return std::exchange(key_cuts_, false) && (cleared->mark != barge_in_mark || cleared->cut.count() > 0);
}

// Audio of another codec would be full-scale noise for the phone, so it is replaced by silence.
void served_call::echo(const audio_event& audio) {
    if (const auto* judged = live_->judged(); judged && judged->another_codec()) return;
    if (call_.queued() < echo_queue_max) static_cast<void>(call_.play(audio.samples, audio.rate_hz));
}

void served_call::obey(check::request what, char digit) {
    switch (what) {
    case check::request::stall:
        stalled_ = true;
        stall_.expires_after(check::stall_time);
        stall_.async_wait([self = shared_from_this()](boost::system::error_code) {
            self->stalled_ = false;
            self->wait();
        });
        break;
    case check::request::play:
        if (std::exchange(asked_to_play_, !asked_to_play_)) {
            call_.clear();
        } else {
            std::vector<std::int16_t> sound(static_cast<std::size_t>(check::tone_time.count()) * 8000);
            tone(check::tone_hz, 8000).fill(sound);
            static_cast<void>(call_.play(clip(std::move(sound), 8000)));
        }
        break;
    case check::request::hang_up: call_.hang_up(); break;
    case check::request::spell:
        static_cast<void>(call_.play(std::vector<std::int16_t>(check::spelled_samples, check::spelled(digit)), 8000));
        break;
    }
}

} // namespace audiosocket::app::serve
