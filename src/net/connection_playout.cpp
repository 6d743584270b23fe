// SPDX-License-Identifier: Apache-2.0
// The part of a connection that plays sound: queues it, reports its end, and informs the watchers of the queue.

#include "net/connection.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/call/detail/engine_hooks.hpp>
#include <audiosocket/net/error.hpp>

#include <algorithm>
#include <new>

namespace audiosocket::detail {
namespace asio = boost::asio;

audiosocket::error_code connection::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (home_->is_here()) return apply([&](session& s) { return s.play(samples, rate_hz); });
    const auto length = resampler::takes(rate_hz) ? duration_of(samples.size(), rate_hz) : std::chrono::nanoseconds{};
    return play_from_elsewhere(
        rate_hz, length, length,
        [copy = std::vector(samples.begin(), samples.end()), rate_hz](session& s) { return s.play(copy, rate_hz); });
}

audiosocket::error_code connection::play(clip sound) {
    if (home_->is_here()) return apply([&](session& s) { return s.play(std::move(sound)); });
    const int rate_hz = sound.rate_hz();
    const auto length = sound.duration();
    return play_from_elsewhere(rate_hz, length, {}, [c = std::move(sound)](session& s) { return s.play(c); });
}

// Plays a sound of this length from a thread other than the call's; it needs this much room. Finds out first what the
// session would answer, and counts the sound as queued until it is queued.
template <class Play>
audiosocket::error_code connection::play_from_elsewhere(int rate_hz, std::chrono::nanoseconds length,
                                                        std::chrono::nanoseconds room, Play play) {
    if (ended()) return usage_errc::call_ended;
    if (!resampler::takes(rate_hz)) return usage_errc::unsupported_rate;
    const auto more_ms = std::chrono::ceil<std::chrono::milliseconds>(length).count();
    const auto beyond_ms = more_ms - std::chrono::ceil<std::chrono::milliseconds>(room).count();
    posted_audio posted(posted_ms_, more_ms);
    if (posted.with_own_ms() + queued_ms_.load() - beyond_ms > playout_queue_ms_) return usage_errc::playout_full;
    return apply([this, play = std::move(play), p = std::move(posted)](session& s) mutable {
        const error_code result = play(s);
        publish(); // other threads must see it as queued before they see it as no longer posted
        p.end();
        return result;
    });
}

audiosocket::error_code connection::play_copied(std::span<const std::int16_t> samples, int rate_hz, play_part play) {
    if (home_->is_here()) return apply([&](session& s) { return play(s, samples); });
    const auto length = duration_of(samples.size(), rate_hz);
    return play_from_elsewhere(
        rate_hz, length, length,
        [copy = std::vector(samples.begin(), samples.end()), p = std::move(play)](session& s) { return p(s, copy); });
}

audiosocket::error_code connection::clear() {
    return apply([this](session& s) {
        const auto cut = s.queued();
        const error_code refused = s.clear();
        for (std::size_t i = 0; !refused && i < watchers_.size(); ++i)
            if (const auto w = watchers_[i].lock()) w->cut_off(cut, usage_errc::playout_cleared);
        return refused;
    });
}

// --- Waits for the end of a sound ---

// Queues a sound, with room for the operation that waits for its end. What finds no memory changes nothing.
template <class Queue>
audiosocket::error_code connection::queue_reported(Queue& queue) try {
    plays_.make_room();
    return queue(session_);
} catch (const std::bad_alloc&) {
    return make_error_code(std::errc::not_enough_memory);
}

template <class Queue>
void connection::start_reported(play_ticket ticket, completion<play_result> waiter, Queue queue) {
    start_operation(std::move(waiter), [this, ticket, q = std::move(queue)](completion<play_result> w) mutable {
        if (const auto refused = queue_reported(q)) return w.complete(refused, {}, false);
        plays_.add(ticket, std::move(w));
        publish();
        pump(clock::now(), handlers::later);
    });
}

void connection::start_play(clip sound, play_ticket ticket, completion<play_result> waiter) {
    start_reported(ticket, std::move(waiter),
                   [what = std::move(sound), ticket](session& s) mutable { return s.play(std::move(what), ticket); });
}

void connection::start_mark(std::chrono::nanoseconds audio, play_ticket ticket, completion<play_result> waiter) {
    start_reported(ticket, std::move(waiter), [audio, ticket](session& s) { return s.mark(ticket, audio); });
}

void connection::cancel_play(play_ticket ticket) {
    on_executor([this, ticket] {
        if (auto waiter = plays_.take(ticket)) waiter.complete(asio::error::operation_aborted, {}, false);
    });
}

// Reports the ends of sounds. Returns whether there was something to report.
bool connection::report_plays(handlers run) {
    bool any = false;
    while (const auto report = session_.take_report()) {
        any = true;
        publish();
        if (auto waiter = plays_.take(report->ticket)) waiter.complete({}, report->result, run == handlers::now);
    }
    if (any && run == handlers::later) order_handlers();
    return any;
}

// Lets no handler of this call overtake those of sounds that have just been posted.
void connection::order_handlers() {
    unless_memory_is_out([this] {
        asio::post(executor_, [self = shared_from_this()] { --self->posted_reports_; });
        ++posted_reports_;
    });
}

// --- Watchers of the playout queue ---

void connection::watch_playout(std::weak_ptr<playout_watcher> watcher) {
    on_executor([this, w = std::move(watcher)]() mutable {
        std::erase_if(watchers_, [](const auto& old) { return old.expired(); });
        watchers_.push_back(std::move(w));
        tell_watchers();
    });
}

// A watcher may play, clear, and add another watcher while it is called.
void connection::tell_watchers() {
    if (watchers_.empty()) return;
    const bool ending = engine_hooks::ending(session_);
    // NOLINTNEXTLINE(modernize-loop-convert): a watcher may add another, which moves them all
    for (std::size_t i = 0; i < watchers_.size(); ++i) {
        const auto w = watchers_[i].lock();
        if (!w) continue;
        if (ending)
            w->cut_off(watched_, usage_errc::call_ended);
        else
            w->queue_is(session_.queued());
    }
    note_queue();
    if (ending) watchers_.clear();
}

// Runs before a handler gets the end. The queue is empty then; what was in it was noted before.
void connection::tell_of_end() {
    if (!watchers_.empty() && engine_hooks::ending(session_)) tell_watchers();
}

void connection::note_queue() {
    if (!watchers_.empty() && !engine_hooks::ending(session_)) watched_ = session_.queued();
}

} // namespace audiosocket::detail
