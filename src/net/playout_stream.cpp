// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/playout_stream.hpp>

#include "net/connection.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/resampler.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace audiosocket {
namespace asio = boost::asio;
using std::chrono::milliseconds;

// How it works: a write checks on its own thread how much room there is, and posts the samples to the thread of the
// call. There they are dropped if the stream has ended meanwhile. The connection reports each clear to the stream at
// once, on that thread. So samples that were posted before or after a clear are not played.
//
// `over` and `accepted` may be read on any thread; everything else belongs to the thread of the call.
struct playout_stream::state final : detail::playout_watcher, std::enable_shared_from_this<state> {
    state(std::shared_ptr<detail::connection> c, int rate, milliseconds ahead)
        : line(std::move(c)), rate_hz(rate), ahead_max(std::min(ahead, line->playout_max())) {}

    // --- Any thread ---

    error_code ended() const noexcept {
        const int why = over.load();
        return why == 0 ? error_code{} : make_error_code(static_cast<usage_errc>(why));
    }

    std::size_t room() const noexcept {
        const auto left = ahead_max - line->queued();
        if (ended() || left <= milliseconds{}) return 0;
        return static_cast<std::size_t>(left.count() * rate_hz / 1000);
    }

    progress write(std::span<const std::int16_t> samples) {
        if (const auto why = ended()) return {0, why};
        const auto some = samples.first(std::min(samples.size(), room()));
        if (some.empty()) return {};
        const bool here = line->is_here();
        const auto refused = line->play_copied(
            some, rate_hz, [self = shared_from_this(), here](session& s, std::span<const std::int16_t> copy) {
                return self->put(s, copy, here);
            });
        if (refused == usage_errc::playout_full) return {};
        if (refused) return {0, refused};
        return {some.size(), {}};
    }

    play_result result() const noexcept {
        const bool over_now = over.load() != 0;
        const auto all = accepted_duration();
        const auto unsent = over_now ? milliseconds(cut_ms.load()) : std::min(all, line->in_queue());
        return {all - unsent, over_now ? unsent : milliseconds{}, over_now};
    }

    milliseconds accepted_duration() const noexcept {
        return std::chrono::round<milliseconds>(duration_of(accepted.load(), rate_hz));
    }

    // --- The thread of the call ---

    // With samples from another thread, the writer already counts them as taken.
    error_code put(session& s, std::span<const std::int16_t> samples, bool writer_hears) {
        if (const auto why = ended()) return why;
        const auto refused = s.play(samples, rate_hz);
        if (!refused)
            accepted += samples.size();
        else if (refused != usage_errc::playout_full || !writer_hears)
            cut_off(s.queued(), refused);
        return refused;
    }

    void begin_write(std::vector<std::int16_t> samples, std::uint64_t number, detail::completion<std::size_t> w) {
        if (writer) return w.complete(make_error_code(asio::error::in_progress), std::size_t{0}, false);
        writer = std::move(w);
        writer_number = number;
        rest = std::move(samples);
        taken = 0;
        write_more();
    }

    // Playing here may call queue_is() and cut_off() of this object.
    void write_more() {
        writing = true;
        const auto before = accepted.load();
        progress p;
        try {
            p = write(std::span(rest).subspan(taken));
        } catch (const std::bad_alloc&) {
            p = {accepted.load() - before, std::make_error_code(std::errc::not_enough_memory)};
        }
        writing = false;
        taken += p.samples;
        if (writer && (p.error || taken == rest.size())) writer.complete(p.error, taken, false);
    }

    void queue_is(milliseconds /*queued*/) override {
        if (!writer || writing) return;
        const auto half = static_cast<std::size_t>(ahead_max.count() * rate_hz / 2000);
        if (room() >= std::min(rest.size() - taken, half)) write_more();
    }

    void cut_off(milliseconds how_much, error_code why) override {
        if (ended()) return;
        cut_ms = std::min(how_much, accepted_duration()).count();
        over = why.value();
        if (writer) writer.complete(why, taken, false);
    }

    void forget() noexcept override {
        over = static_cast<int>(usage_errc::call_ended);
        if (writer) writer.give_up(make_error_code(usage_errc::call_ended));
    }

    const std::shared_ptr<detail::connection> line;
    const int rate_hz;
    const milliseconds ahead_max;
    std::atomic<int> over{0};             // a usage_errc
    std::atomic<std::size_t> accepted{0}; // samples that were ever queued
    std::atomic<std::int64_t> cut_ms{0};  // set before `over`
    std::atomic<std::uint64_t> numbers{0};

    detail::completion<std::size_t> writer;
    std::uint64_t writer_number = 0;
    std::vector<std::int16_t> rest; // what `writer` still has to write
    std::size_t taken = 0;          // how much of it was taken
    bool writing = false;
};

playout_stream::playout_stream(const call& c, int rate_hz, milliseconds ahead_max) {
    if (!resampler::takes(rate_hz))
        throw std::invalid_argument("playout_stream: " + std::to_string(rate_hz) +
                                    " Hz; the rate has to be between 4,000 and 768,000 Hz");
    if (ahead_max < ahead_min)
        throw std::invalid_argument("playout_stream: ahead_max is " + std::to_string(ahead_max.count()) +
                                    " ms; it has to be at least " + std::to_string(ahead_min.count()) + " ms");
    state_ = std::make_shared<state>(detail::connection::behind(c), rate_hz, ahead_max);
    state_->line->watch_playout(state_);
}

playout_stream::playout_stream(playout_stream&&) noexcept = default;
playout_stream& playout_stream::operator=(playout_stream&&) noexcept = default;
playout_stream::~playout_stream() = default;

playout_stream::progress playout_stream::write(std::span<const std::int16_t> samples) {
    return state_->write(samples);
}

std::size_t playout_stream::room() const noexcept {
    return state_->room();
}

void playout_stream::finish() {
    static_cast<void>(
        state_->line->apply([ticket = state_->line->next_ticket()](session& s) { return s.mark(ticket, {}); }));
}

play_result playout_stream::result() const noexcept {
    return state_->result();
}

call::executor_type playout_stream::executor_of(const state& on) noexcept {
    return on.line->get_executor();
}

std::uint64_t playout_stream::next_number(state& on) noexcept {
    return ++on.numbers;
}

play_ticket playout_stream::next_ticket(state& on) noexcept {
    return on.line->next_ticket();
}

void playout_stream::start_write(const std::shared_ptr<state>& on, std::vector<std::int16_t> samples,
                                 std::uint64_t number, detail::completion<std::size_t> waiter) {
    on->line->start_operation(std::move(waiter), [on, what = std::move(samples), number](auto w) mutable {
        on->begin_write(std::move(what), number, std::move(w));
    });
}

void playout_stream::cancel_write(const std::weak_ptr<state>& on, std::uint64_t number) {
    const auto self = on.lock();
    if (!self) return;
    self->line->on_executor([self, number] {
        if (self->writer && self->writer_number == number)
            self->writer.complete(asio::error::operation_aborted, self->taken, false);
    });
}

void playout_stream::start_finish(const std::shared_ptr<state>& on, play_ticket ticket,
                                  detail::completion<play_result> waiter) {
    on->line->start_operation(std::move(waiter), [on, ticket](auto w) {
        if (on->ended()) return w.complete({}, on->result(), false);
        on->line->start_mark(duration_of(on->accepted.load(), on->rate_hz), ticket, std::move(w));
    });
}

void playout_stream::cancel_finish(const std::weak_ptr<state>& on, play_ticket ticket) {
    if (const auto self = on.lock()) self->line->cancel_play(ticket);
}

} // namespace audiosocket
