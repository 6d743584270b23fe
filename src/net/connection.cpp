// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace audiosocket::detail {
namespace asio = boost::asio;

namespace {

// The longest time between two turns of a call.
constexpr std::chrono::milliseconds longest_pause{60};

// A call is read after this time even if the application does not wait for its events yet. It is long enough to set a
// monitor from another thread. Bytes that come meanwhile wait in the kernel.
constexpr std::chrono::milliseconds time_to_prepare{100};

// How many reads take all that a peer has sent, if it has closed or its call ends at once: 1 MB, four times what the
// kernel holds for us (byte_stream).
constexpr int last_reads = 16;

// A message that the kernel did not take is tried again after one tick, then two, four, and so on, up to 16 ticks.
constexpr int longest_backoff = 4;

time_point later_by(clock::duration wait) {
    const auto now = clock::now();
    return wait < time_point::max() - now ? now + std::max(wait, clock::duration::zero()) : time_point::max();
}

} // namespace

connection::connection(asio::io_context& home, byte_stream stream, session rules, const call_options& options)
    : stream_(std::move(stream)), executor_(home.get_executor()), turns_(asio::use_service<turn_table>(home)),
      home_(turns_.home()), session_(std::move(rules)), arrivals_(options.ptime, turn_table::tick),
      standing_(options.ptime), id_(*session_.id()), read_from_(clock::now() + time_to_prepare), live_(options.live),
      playout_queue_ms_(options.playout_queue.count()) {
    engine_hooks::set_tally(session_, &turns_.statistics().calls);
    publish();
}

call connection::as_call() {
    return call(shared_from_this());
}

const std::shared_ptr<connection>& connection::behind(const call& handle) noexcept {
    return handle.connection_;
}

std::shared_ptr<connection> connection::of(call handle) noexcept {
    return std::move(handle.connection_);
}

void connection::start() {
    if (!home_->enter(*this)) return ended_.store(true);
    on_executor([this] { begin(); });
}

// The application has no handler here yet. If there is no memory, the next turn continues.
void connection::begin() {
    try {
        if (home_->is_ending()) session_.hang_up();
        io_error error;
        turns_.watch(stream_.descriptor(), *this, error);
        is_watched_ = !error;
        if (error) session_.connection_failed(error, clock::now());
        measures_ = turns_.measures_next();
        if (measures_) stream_.time_arrivals();
        pump(clock::now());
    } catch (const std::bad_alloc&) {
        schedule(clock::now());
    }
}

void connection::hang_up() {
    session_.hang_up();
    pump(clock::now(), handlers::later);
}

// Runs on the thread that destroys the io_context. From now on only the handle owns the call.
void connection::forget() noexcept {
    on_closed_ = nullptr;
    session_.set_monitor(nullptr);
    monitor_.reset();
    if (!std::exchange(closed_, true)) unless_memory_is_out([this] { end_at_once(); });
    close_stream();
    turns_.leave(*this);
    engine_hooks::set_tally(session_, nullptr);
    ended_.store(true);
    returned_.reset();
    unless_memory_is_out([this] { plays_.give_up(make_error_code(usage_errc::call_ended)); });
    for (const auto& watching : std::exchange(watchers_, {}))
        if (const auto watcher = watching.lock()) watcher->forget();
    // A handler that is destroyed may own the call.
    if (waiter_) unless_memory_is_out([this] { waiter_.give_up(asio::error::eof); });
}

// Ends the call without waiting. Sends what the network takes at once, including the hangup message and the FIN. Reads
// what the peer has sent, because the kernel resets a connection that is closed with unread data.
void connection::end_at_once() {
    auto now = clock::now();
    session_.hang_up();
    driver_readiness ready{.transmit = true, .events = false};
    for (bool more = true; more;) {
        const auto next = session_.poll(now, ready);
        switch (next.what) {
        case session_action::type::transmit: ready.transmit = send(next.bytes, now); break;
        case session_action::type::shut_down: stream_.shut_down(); break;
        case session_action::type::deliver:
        case session_action::type::wait:
        case session_action::type::close: more = false;
        }
    }
    const auto buffer = turns_.read_buffer();
    io_error error;
    for (int reads = 0; reads < last_reads && !error; ++reads)
        stream_.receive(buffer, error);
}

void connection::close_stream() noexcept {
    if (std::exchange(is_watched_, false)) turns_.unwatch(stream_.descriptor());
    stream_.close();
}

// Called after anything has happened: does what the session wants, and schedules the next turn. Handlers that run from
// here may act on the call and so call pump() again; the outer round does what they requested. An exception of a
// handler passes through here. The call continues in the next tick.
void connection::pump(time_point now, handlers run) try {
    if (closed_ || std::exchange(pumping_, true)) return;
    const time_point frame_at = engine_hooks::frame_time(session_);
    now = drain(now, run);
    tell_watchers();
    publish();
    pumping_ = false;
    if (engine_hooks::frame_time(session_) != frame_at) follow_arrivals(frame_at);
    if (session_.closed())
        close();
    else
        schedule(now);
} catch (...) {
    pumping_ = false;
    turns_.schedule(shared_from_this(), clock::now());
    throw;
}

// Does what the session wants until nothing is left. Returns the time after that.
time_point connection::drain(time_point now, handlers run) {
    driver_readiness ready;
    if (posted_reports_ > 0) run = handlers::later;
    for (;;) {
        tell_of_end();
        while (waiter_ && deliver_known(run)) {
        }
        ready.events = waiter_ || abandoned_;
        auto next = session_.poll(now, ready);
        // First, because what follows may throw, and the handler of a sound may end the wait for this event.
        if (next.event && !abandoned_) returned_ = std::move(next.event);
        tell_of_end();
        const bool reported = report_plays(run);
        switch (next.what) {
        case session_action::type::deliver: publish(); break;
        case session_action::type::transmit: ready.transmit = send(next.bytes, now); break;
        case session_action::type::shut_down: stream_.shut_down(); break;
        case session_action::type::wait:
            if (reported) break; // the handler may have requested something
            if (waiter_ && wait_until_ <= now) waiter_.complete(asio::error::timed_out, {}, false);
            return now;
        case session_action::type::close: return now;
        }
    }
}

// Sends as much of a message as the kernel takes. Returns whether the kernel can take more; `now` becomes the time
// after that.
bool connection::send(std::span<const std::byte> message, time_point& now) {
    io_error error;
    sent_ += stream_.send(message.subspan(sent_), error);
    now = clock::now();
    if (error && error != asio::error::would_block) {
        send_failed(error, now);
        return false;
    }
    if (sent_ < message.size()) {
        if (stalled_sends_++ == 0) engine_hooks::transmit_stalled(session_);
        return false;
    }
    sent_ = 0;
    stalled_sends_ = 0;
    session_.transmitted(now);
    return true;
}

// The peer has closed, but what it sent before may still be unread: its last audio, a digit, a hangup.
void connection::send_failed(io_error error, time_point now) {
    const auto buffer = turns_.read_buffer();
    io_error read_error;
    for (int reads = 0; reads < last_reads && !read_error; ++reads)
        take_in(buffer.first(stream_.receive(buffer, read_error)), now);
    session_.connection_failed(error, now);
}

// --- Events ---

void connection::deliver(event next, handlers run) {
    end_delivered_ = end_delivered_ || std::holds_alternative<ended_event>(next);
    if (waiter_.wait() == 0)
        waiter_.complete({}, std::move(next), run == handlers::now);
    else
        waiter_.complete(std::move(next), shared_from_this(), run == handlers::now);
}

// Completes the wait with what the session does not have: the next event that was returned, or the end of all events.
bool connection::deliver_known(handlers run) {
    if (!unread_.empty()) {
        const char digit = unread_.front();
        unread_.erase(0, 1);
        deliver(dtmf_event{digit}, run);
    } else if (returned_)
        deliver(*std::exchange(returned_, std::nullopt), run);
    else if (end_delivered_)
        waiter_.complete(asio::error::eof, {}, run == handlers::now);
    else
        return false;
    return true;
}

void connection::start_wait(completion<event> waiter, clock::duration timeout) {
    const time_point until = timeout == clock::duration::max() ? time_point::max() : later_by(timeout);
    if (home_->is_here()) return wait(std::move(waiter), until);
    posted_completion<event> carried(std::move(waiter), asio::error::eof);
    home_->post([&] {
        return [self = shared_from_this(), w = std::move(carried), until]() mutable { self->wait(w.take(), until); };
    });
}

void connection::wait(completion<event> waiter, time_point until) {
    if (waiter_) return waiter.complete(asio::error::in_progress, {}, false);
    if (abandoned_ || is_cancelled(waiter.wait())) return waiter.complete(asio::error::operation_aborted, {}, false);
    waiter_ = std::move(waiter);
    wait_until_ = until;
    const bool first = !std::exchange(reading_, true);
    if (pumping_ || deliver_known(handlers::later)) return; // pump() continues with it after the handler that it called
    if (auto next = session_.next_event()) deliver(std::move(*next), handlers::later);
    const bool timed = waiter_ && until != time_point::max();
    if (closed_ || !(first || timed)) return;
    const auto now = clock::now();
    if (timed && until <= now) waiter_.complete(asio::error::timed_out, {}, false);
    schedule(now);
}

void connection::cancel_wait(wait_number wait) {
    mark_cancelled(wait);
    on_executor([this, wait] {
        if (waiter_ && waiter_.wait() == wait) waiter_.complete(asio::error::operation_aborted, {}, false);
    });
}

void connection::take_back(event unheard) {
    on_executor([this, e = std::move(unheard)]() mutable {
        if (abandoned_) return;
        returned_ = std::move(e);
        if (waiter_ && !pumping_) deliver_known(handlers::later);
    });
}

void connection::unread(std::string digits) {
    on_executor([this, d = std::move(digits)] {
        if (abandoned_) return;
        unread_.insert(0, d);
        if (waiter_ && !pumping_) deliver_known(handlers::later);
    });
}

// Called in destructors. What the same thread has requested before comes first. If there is no memory, the next turn of
// the call does it, at most `longest_pause` later.
void connection::abandon() noexcept {
    try {
        on_executor([this] {
            is_unwanted_.store(true);
            end_unwanted();
        });
    } catch (const std::bad_alloc&) {
        is_unwanted_.store(true);
    }
}

void connection::end_unwanted() {
    if (!is_unwanted_.load()) return;
    abandoned_ = true;
    returned_.reset();
    if (waiter_) waiter_.complete(asio::error::operation_aborted, {}, false);
    session_.set_monitor(nullptr);
    monitor_.reset();
    note_queue();
    if (!ends_when_played_) session_.hang_up();
    tell_of_end();
    is_unwanted_.store(false);
    pump(clock::now(), handlers::later); // because no handler may run within the destructor of the handle
}

// --- The application's side ---

audiosocket::error_code connection::hang_up_when_played() {
    return apply([this](session& s) {
        ends_when_played_ = true;
        return s.hang_up_when_played();
    });
}

void connection::set_monitor(std::shared_ptr<call_monitor> monitor) {
    on_executor([this, m = std::move(monitor)]() mutable {
        session_.set_monitor(m.get());
        monitor_ = std::move(m);
    });
}

// --- Housekeeping ---

// An appointment is never moved later: an application that acts on the call all the time must not delay its turn.
void connection::schedule(time_point now) {
    const auto next = next_turn(now);
    if (next >= turn_at_) return;
    turn_at_ = next;
    turns_.schedule(shared_from_this(), next);
}

time_point connection::next_turn(time_point now) const noexcept {
    time_point next = std::min(session_.deadline(), now + longest_pause);
    if (!reading_)
        next = std::min(next, read_from_);
    else if (readable_ && !read_all_ && !behind_)
        next = std::min(next, std::max(now, may_read_from()));
    if (stalled_sends_ > 0) {
        const auto backoff = turn_table::tick * (1 << std::min(stalled_sends_ - 1, longest_backoff));
        next = std::min(next, now - now.time_since_epoch() % turn_table::tick + backoff);
    }
    return waiter_ ? std::min(next, wait_until_) : next;
}

void connection::publish() {
    ended_.store(session_.closed());
    queued_ms_.store(engine_hooks::queued_at_most(session_).count());
    receive_format_.store(session_.receive_format());
    send_format_.store(session_.send_format());
}

void connection::close() {
    closed_ = true;
    turns_.leave(*this);
    home_->leave(*this);
    close_stream();
    plays_.end(make_error_code(usage_errc::call_ended));
    report_closed();
}

// If there is no memory for the report, the next turn repeats it.
void connection::report_closed() {
    if (!on_closed_) return;
    auto report = std::exchange(on_closed_, nullptr);
    try {
        report();
    } catch (const std::bad_alloc&) {
        on_closed_ = std::move(report);
        turns_.schedule(shared_from_this(), clock::now());
        throw;
    }
}

} // namespace audiosocket::detail
