#include "net/connection.hpp"

#include <audiosocket/audio/resampler.hpp>

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
    send_format_ = session_.send_format();
}

void connection::start(std::function<void(bool)> on_up) {
    on_up_ = std::move(on_up);
    read();
    pump();
}

void connection::drop() {
    session_.connection_failed(io_error(asio::error::operation_aborted), clock::now());
    pump();
}

void connection::read() {
    socket_.async_read_some(asio::buffer(read_buffer_),
                            [self = shared_from_this()](io_error error, std::size_t bytes) {
                                if (self->closed_) return;
                                const auto now = clock::now();
                                if (error == asio::error::eof)
                                    self->session_.receive_end(now);
                                else if (error)
                                    self->session_.connection_failed(error, now);
                                else
                                    self->session_.receive(std::span(self->read_buffer_).first(bytes), now);
                                self->pump();
                                if (!error && !self->closed_) self->read();
                            });
}

// After anything happened: send what is due, tell what is new, and set the alarm for what comes next. Handlers that run
// from here may act on the call and so come back; they are served by another round.
void connection::pump() {
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
        take_events();
    } while (pump_again_);
    pumping_ = false;
    if (session_.closed())
        close();
    else
        arm_timer();
}

void connection::send_due() {
    while (!sending_) {
        const auto message = session_.transmit();
        if (message.empty()) return;
        io_error error;
        const std::size_t sent = socket_.send(asio::buffer(message.data(), message.size()), 0, error);
        if (error && error != asio::error::would_block) return session_.connection_failed(error, clock::now());
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
                              self->session_.connection_failed(error, clock::now());
                          else
                              self->session_.transmitted(clock::now());
                          self->pump();
                      });
}

// --- Events ---

void connection::take_events() {
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
    while (waiter_ && deliver(true)) {
    }
}

// Completes the wait if there is something to complete it with.
bool connection::deliver(bool now) {
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
            deliver(false);
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
        session_.hang_up();
        pump();
    });
}

// --- The program's side ---

audiosocket::error_code connection::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (executor_.running_in_this_thread()) return apply([&](session& s) { return s.play(samples, rate_hz); });

    if (rate_hz < resampler::rate_hz_min || rate_hz > resampler::rate_hz_max) return usage_errc::unsupported_rate;
    const auto more_ms = static_cast<std::int64_t>(samples.size()) * 1000 / rate_hz;
    if (queued_ms_ + posted_ms_ + more_ms > playout_queue_ms_) return usage_errc::playout_full;
    posted_ms_ += more_ms;
    return apply([this, copy = std::vector(samples.begin(), samples.end()), rate_hz, more_ms](session& s) {
        posted_ms_ -= more_ms;
        return s.play(copy, rate_hz);
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
    receive_format_ = session_.receive_format();
    send_format_ = session_.send_format();
}

void connection::close() {
    closed_ = true;
    timer_.cancel();
    io_error ignored;
    socket_.close(ignored);
    if (on_closed_) std::exchange(on_closed_, nullptr)();
}

} // namespace audiosocket::detail
