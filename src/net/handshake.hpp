// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.hpp"
#include "net/turn_table.hpp"

#include <audiosocket/call/session.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <span>
#include <vector>

namespace audiosocket::detail {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, io_executor>;

/// A connection that is not a call yet, on the answering side: reads its id, or closes it as the session says. No more
/// than the id is read, so that the connection that takes the call over misses nothing. It is small and costs no timer,
/// because any host may connect.
class handshake {
  public:
    handshake(tcp_socket socket, session rules);

    enum class state {
        waiting, ///< For bytes, until deadline().
        up,      ///< The id has come: take_stream() and take_session().
        over,    ///< It has ended without one: end().
    };

    /// Takes what has arrived.
    state read();

    /// Lets time pass.
    state advance(time_point now);

    /// Ends it at once, for this reason.
    void drop(io_error why);

    /// Closes it with a reset, which no dialplan takes for a call that ended well.
    void reset();

    time_point deadline() const noexcept { return session_.deadline(); }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
    const ended_event& end() const noexcept { return end_; }

    /// The first bytes that arrived without becoming an id, at most listener::first_bytes_max.
    std::span<const std::byte> first_bytes() const noexcept { return head_; }

    /// To wait on until something arrives.
    tcp_socket& socket() noexcept { return socket_; }

    byte_stream take_stream() { return byte_stream(std::move(socket_), peer_); }
    session take_session() { return std::move(session_); }

    /// Returns a session with other rules that has got as far: it has its id, and its started_event has been taken.
    /// Throws std::invalid_argument for options that validate() refuses.
    session session_with(const call_options& rules) const;

    /// The id, once it has arrived.
    const uuid& id() const noexcept { return *session_.id(); }

  private:
    void remember(std::span<const std::byte> bytes);
    state settle(const event& first);
    void shut_down();

    tcp_socket socket_;
    session session_;
    boost::asio::ip::tcp::endpoint peer_;
    ended_event end_;
    std::vector<std::byte> head_; // of what was read; stays empty if the id comes in one piece, as Asterisk sends it
};

} // namespace audiosocket::detail
