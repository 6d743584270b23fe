// SPDX-License-Identifier: Apache-2.0
#include "call/placed_call.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace audiosocket::app::caller {

namespace asio = boost::asio;

placed_call::placed_call(asio::io_context& io, const uuid& id, const connect_options& options,
                         const caller_identity& who)
    : options_(options), who_(who), id_(id), resolver_(io), socket_(io), timer_(io) {}

void placed_call::start(const address& where, up_handler up, event_handler on_event) {
    up_ = std::move(up);
    on_event_ = std::move(on_event);
    timer_.expires_after(who_.as ? asterisk::connect_max : options_.connect_timeout);
    timer_.async_wait([self = shared_from_this()](io_error error) {
        if (!error && self->up_) self->connected(asio::error::timed_out);
    });
    resolver_.async_resolve(
        where.host, std::to_string(where.port), [self = shared_from_this()](io_error error, const auto& found) {
            if (error || !self->up_) return self->connected(error);
            asio::async_connect(self->socket_, found,
                                [self](io_error failed, const tcp::endpoint&) { self->connected(failed); });
        });
}

void placed_call::connected(io_error error) {
    if (!up_) return; // the call has already ended
    timer_.cancel();
    resolver_.cancel();
    if (error) {
        io_error ignored;
        socket_.close(ignored);
        return std::exchange(up_, nullptr)(error);
    }
    const auto now = clock::now();
    socket_.non_blocking(true);
    if (!who_.as || who_.as->no_delay) socket_.set_option(tcp::no_delay(true));
    const bool labels = !who_.as || who_.as->wideband; // older releases label all audio slin
    const bool wide = labels && options_.call.send_format && options_.call.send_format->kind != kind::slin;
    for (const asterisk::release& r : asterisk::releases())
        if (r.wideband || !wide) readers_.emplace_back(r, who_.through, now);
    session_.emplace(id_, options_.call, now);
    send_due(); // sends the id before anything is read; a connection that the server has already reset fails here
    if (who_.as) ruling_.emplace(*who_.as, who_.through, now);
    if (ruling_ && session_->closed()) ruling_->receive_reset(now);
    read();
    std::exchange(up_, nullptr)({});
    pump();
}

// --- Actions of the application ---

void placed_call::play(const clip& sound, const std::string& mark) {
    static_cast<void>(session_->play(sound));
    static_cast<void>(session_->mark(mark));
    pump();
}

bool placed_call::send_dtmf(char digit) {
    if (session_->closed()) return false;
    if (who_.as && !who_.as->sends_digits) return true; // this release sends no digits
    const bool taken = !session_->send_dtmf(digit);
    pump();
    return taken;
}

void placed_call::hang_up() {
    judging_ = false;
    session_->hang_up();
    if (ruling_) { // closes without a hangup message
        send_due();
        leave();
    }
    pump();
}

std::vector<diagnosis::finding> placed_call::findings() {
    judge_.end();
    return judge_.findings();
}

// --- The connection ---

// Only read_all() reads. A pending read could already hold bytes while the timer reads later bytes.
void placed_call::read() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](io_error error) {
        if (!error && self->socket_.is_open()) self->take();
    });
}

// Reads everything that the kernel has, and gives it to the readers in one piece.
io_error placed_call::read_all() {
    const auto now = clock::now();
    io_error error;
    std::size_t bytes = 0;
    while (!error && bytes < buffer_.size())
        bytes += socket_.read_some(asio::buffer(buffer_.data() + bytes, buffer_.size() - bytes), error);
    if (bytes > 0) {
        const auto came = std::span<const std::byte>(buffer_).first(bytes);
        if (judging_) judge_.feed(came, now.time_since_epoch());
        each_reader([&](asterisk::reader& r) { r.receive(came, now); });
        session_->receive(came, now);
    }
    return error == asio::error::would_block ? io_error{} : error;
}

void placed_call::take() {
    if (stream_ended_) return;
    if (const auto error = read_all())
        end_stream(error);
    else
        read();
    pump();
}

// The kernel reports a reset once; a later read sees an orderly end.
void placed_call::end_stream(io_error error) {
    stream_ended_ = true;
    const auto now = clock::now();
    if (error == asio::error::eof) {
        each_reader([&](asterisk::reader& r) { r.receive_end(now); });
        session_->receive_end(now);
    } else {
        each_reader([&](asterisk::reader& r) { r.receive_reset(now); });
        session_->connection_failed(error, now);
    }
}

void placed_call::each_reader(const std::function<void(asterisk::reader&)>& what) {
    if (!judging_) return;
    for (asterisk::reader& r : readers_)
        what(r);
    if (ruling_) what(*ruling_);
}

// Called after each event: performs the actions of the session, and sets the timer. A handler may act on the call and
// so call pump() again; the outer loop then performs the actions.
void placed_call::pump() {
    if (std::exchange(pumping_, true)) return;
    driver_readiness ready;
    while (perform_next(ready)) {
    }
    pumping_ = false;
    arm_timer();
}

// Returns whether there may be more to do.
bool placed_call::perform_next(driver_readiness& ready) {
    const auto now = clock::now();
    each_reader([&](asterisk::reader& r) { r.advance(now); });
    obey_ruling();
    ready.transmit = ready.transmit && can_send();
    const auto next = session_->poll(now, ready);
    switch (next.what) {
    case session_action::type::deliver: on_event_(*next.event); return true;
    case session_action::type::transmit: ready.transmit = send(next.bytes); return true;
    case session_action::type::shut_down: shut_down(); return true;
    case session_action::type::wait:
    case session_action::type::close: break;
    }
    return false;
}

void placed_call::shut_down() {
    if (!socket_.is_open()) return;
    io_error ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

// Ends the call because the release of --as has ended it.
void placed_call::obey_ruling() {
    if (!ruling_ || !ruling_->end() || !socket_.is_open()) return;
    session_->hang_up(); // no effect if the server already has
    leave();
}

// Closes as Asterisk does: later bytes are answered by a reset.
void placed_call::leave() {
    io_error ignored;
    socket_.close(ignored);
    session_->connection_failed({}, clock::now());
}

bool placed_call::can_send() const {
    return !sending_ && socket_.is_open() && !(ruling_ && ruling_->blocked());
}

void placed_call::send_due() {
    while (can_send()) {
        const auto message = session_->transmit();
        if (message.empty() || !send(message)) return;
    }
}

// Sends a message with one write, as Asterisk does. Returns whether the kernel took it whole.
bool placed_call::send(std::span<const std::byte> message) {
    std::vector<std::byte> labelled;
    if (who_.as && !who_.as->wideband &&
        is_audio(static_cast<kind>(message[0]))) { // slin16 and the like, labelled slin
        labelled.assign(message.begin(), message.end());
        labelled[0] = static_cast<std::byte>(kind::slin);
        message = labelled;
    }
    io_error error;
    const std::size_t sent = socket_.send(asio::buffer(message.data(), message.size()), 0, error);
    const bool whole = !error && sent == message.size();
    const auto now = clock::now();
    const bool gone = error && error != asio::error::would_block;
    if (!gone) each_reader([&](asterisk::reader& r) { r.sent(whole, now); });
    if (whole) {
        session_->transmitted(now);
    } else if (gone) {
        each_reader([&](asterisk::reader& r) { r.receive_reset(now); });
        session_->connection_failed(error, now);
    } else if (!ruling_) {
        send_rest(message.subspan(error ? 0 : sent));
    }
    return whole;
}

void placed_call::send_rest(std::span<const std::byte> rest) {
    sending_ = true;
    detail::engine_hooks::transmit_stalled(*session_);
    asio::async_write(socket_, asio::buffer(rest.data(), rest.size()),
                      [self = shared_from_this()](io_error error, std::size_t) {
                          self->sending_ = false;
                          if (!self->socket_.is_open() || self->session_->closed()) return;
                          if (error)
                              self->session_->connection_failed(error, clock::now());
                          else
                              self->session_->transmitted(clock::now());
                          self->pump();
                      });
}

void placed_call::arm_timer() {
    if (session_->closed()) {
        timer_.cancel();
        io_error ignored;
        socket_.close(ignored);
        return;
    }
    auto due = session_->deadline();
    if (ruling_ && ruling_->blocked()) due = time_point::max(); // nothing is sent meanwhile
    if (ruling_) due = std::min(due, ruling_->deadline());
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](io_error error) {
        if (error) return;
        // If this process was late itself, data that arrived meanwhile counts as in time.
        if (self->socket_.is_open() && !self->stream_ended_)
            if (const auto end = self->read_all()) self->end_stream(end);
        self->pump();
    });
}

} // namespace audiosocket::app::caller
