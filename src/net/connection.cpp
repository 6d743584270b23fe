// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace audiosocket::detail {
namespace asio = boost::asio;

namespace {

// A call is looked after this often, whatever happens.
constexpr std::chrono::milliseconds longest_pause{60};

// Bytes that a call reads at once, at first: a frame of 16 kHz, and more. It becomes more as long as that costs little,
// and less where it costs much, because it delays the other calls.
constexpr std::size_t read_first = 1024;
constexpr std::size_t read_least = 512;
constexpr std::chrono::microseconds little_time{20};
constexpr std::chrono::microseconds much_time{60};

// Up to this size a read is not worth measuring, if it is not all that may be read: a frame of 48 kHz.
constexpr std::size_t ordinary_read = 2048;

// What a peer sends may use one part in so many of the thread's time: 4 %, and 4 ms at once.
constexpr int reading_share = 25;
constexpr std::chrono::milliseconds reading_credit{100};

// What stands in the queue of a live call up to here, frames come earlier for; 100 ms take two seconds. More is left
// out.
constexpr std::chrono::milliseconds made_up_for{100};

// A call is read after this time even if the application does not wait for its events yet. Long enough to set a monitor
// from another thread; what comes meanwhile waits in the kernel.
constexpr std::chrono::milliseconds time_to_prepare{100};

// Reads in which we look for the last words of a peer that is gone: more than the kernel holds for us.
constexpr int last_reads = 4;

// Reads in which we take what a peer has sent to a call that ends at once: 4 MB, more than the kernel keeps for us.
constexpr int reads_at_the_end = 64;

// A message that the kernel did not take is tried again after a tick, then after twice that, up to 16 ticks.
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
      read_max_(read_first), playout_queue_ms_(options.playout_queue.count()) {
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
    on_executor([this] {
        if (home_->is_ending()) session_.hang_up();
        io_error error;
        turns_.watch(stream_.descriptor(), *this, error);
        is_watched_ = !error;
        if (error) session_.connection_failed(error, clock::now());
        measures_ = turns_.measures_next();
        if (measures_) stream_.time_arrivals();
        pump(clock::now());
    });
}

void connection::take_turn(time_point now) {
    turn_at_ = time_point::max();
    if (closed_) return;
    reading_ = reading_ || now >= read_from_;
    if (reading_ && !behind_ && may_read(now)) {
        if (!turns_.is_late(now)) read(now);
        behind_ = readable_ && !read_all_;
        if (behind_) turns_.read_later(*this);
    }
    pump(now);
}

bool connection::read_on(time_point now) {
    behind_ = false;
    if (!may_read(now)) return false;
    read(now);
    behind_ = readable_ && !read_all_;
    pump(now);
    return behind_ && !closed_;
}

// Whether there may be something to read, and the peer has not sent more than its share lately.
bool connection::may_read(time_point now) const noexcept {
    return readable_ && !read_all_ && !closed_ && now >= reading_used_.free_at(reading_credit);
}

bool connection::has_arrived(bool is_last, time_point now) noexcept {
    just_arrived_ = reading_;
    readable_ = true;
    last_arrived_ = last_arrived_ || is_last;
    return reading_ && !behind_ && may_read(now);
}

// Takes what is there, as far as it fits into the buffer; the rest has to wait until others have had their turn.
void connection::read(time_point now) {
    const auto buffer = turns_.read_buffer().first(read_max_);
    io_error error;
    const std::size_t bytes = receive(buffer, error);
    readable_ = bytes == buffer.size() || (last_arrived_ && !error);
    read_all_ = error && error != asio::error::would_block;
    if (bytes > 0) {
        const time_point frame_at = engine_hooks::frame_time(session_);
        if (std::exchange(just_arrived_, false) && frame_at != time_point::max()) arrivals_.arrived(now, frame_at);
        session_.receive(buffer.first(bytes), now);
        charge_read(bytes, now);
    } else if (error == asio::error::eof)
        session_.receive_end(now);
    else if (read_all_)
        session_.connection_failed(error, now);
}

std::size_t connection::receive(std::span<std::byte> to, io_error& error) noexcept {
    if (!measures_) return stream_.receive(to, error);
    std::chrono::nanoseconds waited;
    const std::size_t bytes = stream_.receive_timed(to, error, waited);
    if (just_arrived_ && waited >= waited.zero()) turns_.statistics().arrival_wait.add(waited);
    return bytes;
}

void connection::charge_read(std::size_t bytes, time_point began) {
    if (bytes <= std::min(ordinary_read, read_max_ - 1)) return;
    const time_point now = clock::now();
    const auto used = turns_.used_since(began, now);
    reading_used_.charge(used, reading_share, now);
    if (used > much_time)
        read_max_ = std::max(read_least, read_max_ / 2);
    else if (used < little_time && bytes == read_max_)
        read_max_ = std::min(read_max_ * 2, turns_.read_buffer().size());
}

void connection::hang_up() {
    session_.hang_up();
    pump(clock::now(), handlers::later);
}

// On the thread that destroys the io_context. From here on the call belongs to its handle.
void connection::forget() noexcept {
    on_closed_ = nullptr;
    session_.set_monitor(nullptr);
    monitor_.reset();
    if (!std::exchange(closed_, true)) end_at_once();
    turns_.leave(*this);
    engine_hooks::set_tally(session_, nullptr);
    ended_.store(true);
    returned_.reset();
    plays_.give_up(make_error_code(usage_errc::call_ended));
    for (const auto& watching : std::exchange(watchers_, {}))
        if (const auto watcher = watching.lock()) watcher->forget();
    if (waiter_) waiter_.give_up(asio::error::eof); // a handler that is destroyed may own the call
}

// Ends the call without waiting: sends what the network takes at once, hangup message and FIN included, and takes what
// the peer has sent, because the kernel resets a connection that is closed with unread data.
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
    for (int reads = 0; reads < reads_at_the_end && !error; ++reads)
        stream_.receive(buffer, error);
    close_stream();
}

void connection::close_stream() noexcept {
    if (std::exchange(is_watched_, false)) turns_.unwatch(stream_.descriptor());
    stream_.close();
}

// After anything happened: do what the session asks for, and find the next turn. Handlers that run from here may act on
// the call and so come back; what they asked for is done by the round that called them. A handler that throws leaves
// through us; the call goes on when the io_context is run again.
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
    asio::post(executor_, [self = shared_from_this()] { self->pump(clock::now()); });
    throw;
}

// The frame that was due then has gone: lets those to come follow what was seen.
void connection::follow_arrivals(time_point frame_at) {
    if (reading_) arrivals_.frame_passed(frame_at);
    if (live_) end_standing_delay();
    if (const auto by = arrivals_.take_shift()) engine_hooks::shift_frames(session_, *by);
}

void connection::end_standing_delay() {
    const auto delay = standing_.left_behind(session_.queued());
    if (delay > made_up_for)
        engine_hooks::leave_out(session_, delay);
    else if (delay > clock::duration::zero())
        arrivals_.move(-delay);
}

// Does what the session asks for, until it asks for nothing more. Returns the time after that.
time_point connection::drain(time_point now, handlers run) {
    driver_readiness ready;
    for (;;) {
        tell_of_end();
        while (waiter_ && deliver_known(run)) {
        }
        ready.events = waiter_ || abandoned_;
        auto next = session_.poll(now, ready);
        tell_of_end();
        // The handler of a sound may end the wait for which the event was taken, and it may throw.
        if (next.event && !abandoned_) returned_ = std::move(next.event);
        const bool reported = report_plays(run);
        switch (next.what) {
        case session_action::type::deliver: publish(); break;
        case session_action::type::transmit: ready.transmit = send(next.bytes, now); break;
        case session_action::type::shut_down: stream_.shut_down(); break;
        case session_action::type::wait:
            if (reported) break; // the handler may have asked for something
            if (waiter_ && wait_until_ <= now) waiter_.complete(asio::error::timed_out, {}, false);
            return now;
        case session_action::type::close: return now;
        }
    }
}

// Sends what the kernel takes of a message. Returns whether it can take more; `now` becomes the time after it.
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

// The peer is gone, but what it said before that may still lie here: its last audio, a digit, a hangup.
void connection::send_failed(io_error error, time_point now) {
    const auto buffer = turns_.read_buffer();
    io_error read_error;
    for (int reads = 0; reads < last_reads && !read_error; ++reads)
        session_.receive(buffer.first(stream_.receive(buffer, read_error)), now);
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

// Completes the wait with what the session does not have: the event that is next, or that all were delivered.
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
    if (pumping_ || deliver_known(handlers::later)) return; // pump() goes on with it after the handler it called
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

void connection::abandon() {
    on_executor([this] {
        abandoned_ = true;
        returned_.reset();
        if (waiter_) waiter_.complete(asio::error::operation_aborted, {}, false);
        session_.set_monitor(nullptr);
        monitor_.reset();
        note_queue();
        if (!ends_when_played_) session_.hang_up();
        tell_of_end();
        pump(clock::now(), handlers::later); // no handler runs within the destructor of the handle
    });
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

// An appointment is never put off: an application that acts on the call all the time must not keep it from its turn.
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
        next = std::min(next, std::max(now, reading_used_.free_at(reading_credit)));
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
    if (on_closed_) std::exchange(on_closed_, nullptr)();
}

} // namespace audiosocket::detail
