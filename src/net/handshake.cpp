// SPDX-License-Identifier: Apache-2.0
#include "net/handshake.hpp"

#include <audiosocket/net/listener.hpp>
#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/protocol/message.hpp>

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

namespace audiosocket::detail {
namespace {

constexpr std::size_t id_message_bytes = header_bytes + uuid::size_bytes;

} // namespace

handshake::handshake(tcp_socket socket, session rules, bool behind_proxy)
    : socket_(std::move(socket)), session_(std::move(rules)) {
    if (behind_proxy) header_.emplace();
    io_error ignored; // a socket that refuses these has failed already, and the first read reports it
    peer_ = socket_.remote_endpoint(ignored);
    socket_.non_blocking(true, ignored);
}

handshake::state handshake::read() {
    std::array<std::byte, 512> buffer; // an id, or what a refused peer sends
    io_error error;
    const std::size_t bytes =
        socket_.read_some(boost::asio::buffer(buffer.data(), std::min(wanted(), buffer.size())), error);
    std::span<const std::byte> arrived = std::span(buffer).first(bytes);
    const auto now = clock::now();
    bool named = false;
    if (header_) {
        arrived = behind_header(arrived, error);
        if (header_->now() == proxy_header::state::wrong) return state::refused;
        if (header_->now() == proxy_header::state::complete) {
            named = !header_->is_local();
            peer_ = header_->source().value_or(peer_);
            header_.reset();
        }
    }
    if (!arrived.empty())
        session_.receive(arrived, now);
    else if (error == boost::asio::error::eof)
        session_.receive_end(now);
    else if (error && error != boost::asio::error::would_block)
        session_.connection_failed(error, now);
    if (!session_.id()) remember(arrived);
    return named ? state::named : advance(now);
}

// Returns how many bytes can be read without reading beyond the id.
std::size_t handshake::wanted() const noexcept {
    if (header_) return header_->missing() + id_message_bytes;
    const auto so_far = static_cast<std::size_t>(session_.statistics().bytes_received);
    return so_far < id_message_bytes ? id_message_bytes - so_far : std::numeric_limits<std::size_t>::max();
}

// Returns the bytes behind the header of the proxy. A connection that closes without a byte is judged by the session.
std::span<const std::byte> handshake::behind_header(std::span<const std::byte> arrived, io_error error) {
    if (error == boost::asio::error::eof && !header_->bytes().empty()) header_->receive_end();
    return arrived.subspan(header_->receive(arrived));
}

std::span<const std::byte> handshake::first_bytes() const noexcept {
    if (!header_) return head_;
    return header_->bytes().first(std::min(header_->bytes().size(), listener::first_bytes_max));
}

// A connection that is closed is still read, so its first bytes are complete at the end.
void handshake::remember(std::span<const std::byte> bytes) {
    const std::size_t wanted = std::min(bytes.size(), listener::first_bytes_max - head_.size());
    head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(wanted));
}

void handshake::drop(io_error why) {
    const auto now = clock::now();
    session_.connection_failed(why, now);
    advance(now);
}

void handshake::reset() {
    io_error ignored; // the peer may have closed already
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

// Sends nothing: a server sends nothing before the id, and frames belong to the call.
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
    io_error ignored; // the peer may have closed already
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

} // namespace audiosocket::detail
