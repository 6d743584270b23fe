// SPDX-License-Identifier: Apache-2.0
#include "net/handshake.hpp"

#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/protocol/message.hpp>

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cassert>

namespace audiosocket::detail {
namespace {

constexpr std::size_t id_message_bytes = header_bytes + uuid::size_bytes;

} // namespace

handshake::handshake(tcp_socket socket, session rules) : socket_(std::move(socket)), session_(std::move(rules)) {
    io_error ignored; // a socket that refuses these has failed already, and the first read will say so
    peer_ = socket_.remote_endpoint(ignored);
    socket_.non_blocking(true, ignored);
}

handshake::state handshake::read() {
    std::array<std::byte, 512> buffer; // an id, or what a peer sends that is refused
    const auto so_far = static_cast<std::size_t>(session_.statistics().bytes_received);
    const std::size_t wanted = so_far < id_message_bytes ? id_message_bytes - so_far : buffer.size();
    io_error error;
    const std::size_t bytes = socket_.read_some(boost::asio::buffer(buffer.data(), wanted), error);
    const auto now = clock::now();
    if (so_far < head_.size()) std::copy_n(buffer.begin(), std::min(bytes, head_.size() - so_far), &head_[so_far]);
    if (!error)
        session_.receive(std::span(buffer).first(bytes), now);
    else if (error == boost::asio::error::eof)
        session_.receive_end(now);
    else if (error != boost::asio::error::would_block)
        session_.connection_failed(error, now);
    return advance(now);
}

std::span<const std::byte> handshake::first_bytes(std::span<std::byte> to) {
    const auto read = static_cast<std::size_t>(session_.statistics().bytes_received);
    const std::size_t kept = std::min({read, head_.size(), to.size()});
    std::copy_n(head_.begin(), kept, to.begin());
    const auto rest = to.subspan(kept);
    if (read > kept || rest.empty()) return to.first(kept);
    io_error ignored; // nothing more has arrived, or the connection has failed
    const std::size_t more =
        socket_.receive(boost::asio::buffer(rest.data(), rest.size()), boost::asio::socket_base::message_peek, ignored);
    return to.first(kept + more);
}

void handshake::drop(io_error why) {
    const auto now = clock::now();
    session_.connection_failed(why, now);
    advance(now);
}

void handshake::reset() {
    io_error ignored; // the peer may be gone already
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

session handshake::session_with(const call_options& rules) const {
    const auto now = clock::now();
    session fresh(role::server, rules, now);
    fresh.receive(id_message(id()).to_bytes(), now);
    [[maybe_unused]] const auto started = fresh.poll(now, {.transmit = false});
    assert(started.what == session_action::type::deliver);
    return fresh;
}

// Nothing is sent from here: a server has nothing to say before the id, and frames are the call's.
handshake::state handshake::advance(time_point now) {
    for (;;) {
        const auto next = session_.poll(now, {.transmit = false});
        switch (next.what) {
        case session_action::type::deliver: return settle(*next.event);
        case session_action::type::shut_down: shut_down(); break;
        case session_action::type::transmit:
        case session_action::type::wait:
        case session_action::type::close: return state::waiting;
        }
    }
}

handshake::state handshake::settle(const event& first) {
    if (std::holds_alternative<started_event>(first)) return state::up;
    end_ = std::get<ended_event>(first);
    return state::over;
}

void handshake::shut_down() {
    io_error ignored; // the peer may be gone already
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

} // namespace audiosocket::detail
