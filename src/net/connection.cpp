#include "net/connection.hpp"

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/protocol/message.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace audiosocket::detail {
namespace asio = boost::asio;
using io_error = boost::system::error_code;

connection::connection(tcp_socket socket, session rules, const call_options& options)
    : socket_(std::move(socket)), executor_(socket_.get_executor()), timer_(executor_), session_(std::move(rules)),
      playout_queue_ms_(options.playout_queue.count()) {
    io_error ignored; // a socket that refuses these has failed already, and the first read will say so
    peer_ = socket_.remote_endpoint(ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    publish();
}

void connection::start(std::function<void(bool)> on_up) {
    on_up_ = std::move(on_up);
    read();
    pump();
}

void connection::drop(io_error why) {
    session_.connection_failed(why, clock::now());
    pump();
}

/// Keeps the connection alive while a read is under way. If the io_context goes first, the read is destroyed without
/// having run; then this lets go of everything that in turn may keep the connection: a coroutine that waits for an
/// event holds the call, which holds us.
struct connection::alive {
    explicit alive(std::shared_ptr<connection> c) : self(std::move(c)) {}
    alive(alive&&) = default;
    ~alive() {
        if (self) self->forget();
    }

    void operator()(io_error error, std::size_t bytes) {
        const auto c = std::move(self);
        if (!c->closed_) c->take(error, bytes);
    }

    std::shared_ptr<connection> self;
};

void connection::read() {
    socket_.async_read_some(asio::buffer(read_buffer_, wanted_bytes()), alive(shared_from_this()));
}

// Until the program knows of the call no more than the id is taken, so that the monitor that it sets then misses
// nothing.
std::size_t connection::wanted_bytes() const noexcept {
    constexpr std::size_t id_bytes = header_bytes + uuid::size_bytes;
    const auto so_far = session_.statistics().bytes_received;
    return on_up_ && so_far < id_bytes ? id_bytes - so_far : read_bytes;
}

// Everything that is there is taken at one time: a message that was cut by the size of our buffer arrived in one piece.
void connection::take(io_error error, std::size_t bytes) {
    const auto now = clock::now();
    for (int reads = 1; !error; ++reads) {
        session_.receive(std::span(read_buffer_).first(bytes), now);
        if (bytes < read_bytes || reads == reads_in_a_row) break;
        bytes = socket_.read_some(asio::buffer(read_buffer_), error);
    }
    if (error == asio::error::would_block) error = {};
    if (error == asio::error::eof)
        session_.receive_end(now);
    else if (error)
        session_.connection_failed(error, now);
    else
        read();
    pump();
}

void connection::forget() noexcept {
    waiter_ = {};
    on_up_ = nullptr;
    on_closed_ = nullptr;
    monitor_.reset();
}

// After anything happened: send what is due, tell what is new, and set the alarm for what comes next. Handlers that run
// from here may act on the call and so come back; they are served by another round. A handler that throws leaves
// through us; the call goes on when the io_context is run again.
void connection::pump(handlers run) try {
    if (closed_) return;
    if (std::exchange(pumping_, true)) {
        pump_again_ = true;
        return;
    }
    do {
        pump_again_ = false;
        session_.advance(clock::now());
        send_due();
        if (session_.sending_done() && !std::exchange(fin_sent_, true)) {
            io_error ignored; // the peer may be gone already
            socket_.shutdown(asio::socket_base::shutdown_send, ignored);
        }
        publish();
        take_events(run);
    } while (pump_again_);
    pumping_ = false;
    if (session_.closed())
        close();
    else
        arm_timer();
} catch (...) {
    pumping_ = false;
    asio::post(executor_, [self = shared_from_this()] { self->pump(); });
    throw;
}

void connection::send_due() {
    while (!sending_) {
        const auto message = session_.transmit();
        if (message.empty()) return;
        io_error error;
        const std::size_t sent = socket_.send(asio::buffer(message.data(), message.size()), 0, error);
        if (error && error != asio::error::would_block) return send_failed(error);
        if (!error && sent == message.size())
            session_.transmitted(clock::now());
        else
            send_rest(message.subspan(error ? 0 : sent));
    }
}

void connection::send_rest(std::span<const std::byte> rest) {
    sending_ = true;
    session_.transmit_stalled();
    asio::async_write(socket_, asio::buffer(rest.data(), rest.size()),
                      [self = shared_from_this()](io_error error, std::size_t) {
                          if (self->closed_) return;
                          self->sending_ = false;
                          if (error)
                              self->send_failed(error);
                          else
                              self->session_.transmitted(clock::now());
                          self->pump();
                      });
}

// The peer is gone, but what it said before that may still lie here: its last audio, a digit, a hangup.
void connection::send_failed(io_error error) {
    const auto now = clock::now();
    io_error read_error;
    for (int reads = 0; reads < reads_in_a_row && !read_error; ++reads) {
        const std::size_t bytes = socket_.read_some(asio::buffer(read_buffer_), read_error);
        session_.receive(std::span(read_buffer_).first(bytes), now);
    }
    session_.connection_failed(error, now);
}

// --- Events ---

void connection::take_events(handlers run) {
    if (on_up_) {
        const auto first = session_.next_event();
        if (!first) return;
        const auto* started = std::get_if<started_event>(&*first);
        if (started)
            id_ = started->id;
        else
            end_ = std::get<ended_event>(*first);
        std::exchange(on_up_, nullptr)(started != nullptr);
    }
    if (abandoned_)
        while (session_.next_event()) {
        }
    while (waiter_ && deliver(run)) {
    }
}

// Completes the wait if there is something to complete it with.
bool connection::deliver(handlers run) {
    const bool now = run == handlers::now;
    if (end_delivered_) {
        waiter_.complete(asio::error::eof, {}, now);
        return true;
    }
    auto next = session_.next_event();
    if (!next) return false;
    if (auto* audio = std::get_if<audio_event>(&*next)) {
        delivered_samples_.assign(audio->samples.begin(), audio->samples.end());
        audio->samples = delivered_samples_;
    }
    end_delivered_ = std::holds_alternative<ended_event>(*next);
    waiter_.complete({}, std::move(*next), now);
    return true;
}

void connection::start_wait(completion<event> waiter) {
    on_executor([this, w = std::move(waiter)]() mutable {
        if (waiter_) return w.complete(asio::error::in_progress, {}, false);
        waiter_ = std::move(w);
        if (pumping_)
            pump_again_ = true; // we are in a handler called from pump(), which goes on
        else
            deliver(handlers::later);
    });
}

void connection::cancel_wait() {
    on_executor([this] {
        if (waiter_) waiter_.complete(asio::error::operation_aborted, {}, false);
    });
}

void connection::abandon() {
    on_executor([this] {
        abandoned_ = true;
        if (waiter_) waiter_.complete(asio::error::operation_aborted, {}, false);
        monitor_.reset();
        session_.set_monitor(nullptr);
        if (!ends_when_played_) session_.hang_up();
        pump();
    });
}

// --- The program's side ---

audiosocket::error_code connection::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (executor_.running_in_this_thread()) return apply([&](session& s) { return s.play(samples, rate_hz); });

    if (rate_hz < resampler::rate_hz_min || rate_hz > resampler::rate_hz_max) return usage_errc::unsupported_rate;
    const auto more_ms = (static_cast<std::int64_t>(samples.size()) * 1000 + rate_hz - 1) / rate_hz;
    if (queued_ms_ + posted_ms_ + more_ms > playout_queue_ms_) return usage_errc::playout_full;
    posted_ms_ += more_ms;
    return apply([this, copy = std::vector(samples.begin(), samples.end()), rate_hz, more_ms](session& s) {
        posted_ms_ -= more_ms;
        return s.play(copy, rate_hz);
    });
}

audiosocket::error_code connection::hang_up_when_played() {
    return apply([this](session& s) {
        ends_when_played_ = true;
        return s.hang_up_when_played();
    });
}

void connection::set_monitor(std::shared_ptr<call_monitor> monitor) {
    on_executor([this, m = std::move(monitor)]() mutable {
        monitor_ = std::move(m);
        session_.set_monitor(monitor_.get());
    });
}

// --- Housekeeping ---

void connection::arm_timer() {
    const auto due = session_.deadline();
    if (due == std::exchange(timer_set_for_, due)) return;
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](io_error error) {
        if (error || self->closed_) return; // set anew, or over
        self->timer_set_for_ = time_point::max();
        self->pump();
    });
}

void connection::publish() {
    ended_ = session_.closed();
    queued_ms_ = session_.queued().count();
    receive_format_.store(session_.receive_format());
    send_format_.store(session_.send_format());
}

void connection::close() {
    closed_ = true;
    timer_.cancel();
    io_error ignored;
    socket_.close(ignored);
    if (on_closed_) std::exchange(on_closed_, nullptr)();
}

} // namespace audiosocket::detail
