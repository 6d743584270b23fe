#include "net/handshake.hpp"

#include <audiosocket/protocol/message.hpp>

#include <boost/asio/buffer.hpp>

#include <array>
#include <utility>

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
    std::array<std::byte, 512> buffer; // an id, or what somebody says who was told to go
    const auto so_far = static_cast<std::size_t>(session_.statistics().bytes_received);
    const std::size_t wanted = so_far < id_message_bytes ? id_message_bytes - so_far : buffer.size();
    io_error error;
    const std::size_t bytes = socket_.read_some(boost::asio::buffer(buffer.data(), wanted), error);
    const auto now = clock::now();
    if (!error)
        session_.receive(std::span(buffer).first(bytes), now);
    else if (error == boost::asio::error::eof)
        session_.receive_end(now);
    else if (error != boost::asio::error::would_block)
        session_.connection_failed(error, now);
    return look();
}

handshake::state handshake::advance(time_point now) {
    session_.advance(now);
    return look();
}

void handshake::drop(io_error why) {
    session_.connection_failed(why, clock::now());
    look();
}

void handshake::reset() {
    io_error ignored; // the peer may be gone already
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

handshake::state handshake::look() {
    if (session_.sending_done() && !std::exchange(fin_sent_, true)) {
        io_error ignored; // the peer may be gone already
        socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }
    const auto first = session_.next_event();
    if (!first) return state::waiting;
    if (std::holds_alternative<started_event>(*first)) return state::up;
    end_ = std::get<ended_event>(*first);
    return state::over;
}

} // namespace audiosocket::detail
