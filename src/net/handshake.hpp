// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.hpp"
#include "net/proxy_header.hpp"
#include "net/turn_table.hpp"

#include <audiosocket/call/session.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::detail {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, io_executor>;

/// A connection on the answering side that is not a call yet: reads the header of a proxy and its id, or closes it as
/// the session says. It reads no more than the id, so that the call misses nothing. It is small and needs no timer,
/// because any host may connect.
class handshake {
  public:
    /// `behind_proxy`: the connection must begin with a header of the PROXY protocol.
    handshake(tcp_socket socket, session rules, bool behind_proxy = false);

    enum class state {
        waiting, ///< It waits for bytes, until deadline().
        named,   ///< A proxy has forwarded the connection of peer(), or its own address. Go on with advance().
        up,      ///< The id has arrived: use take_stream() and take_session().
        over,    ///< It has ended without an id: see end().
        refused, ///< It must not become a call: the header of the proxy is wrong (header_mistake()).
    };

    /// Reads what has arrived.
    state read();

    /// Acts on the deadlines that have passed.
    state advance(time_point now);

    /// Ends the connection at once, for this reason.
    void drop(io_error why);

    /// Closes the connection with a reset, which a dialplan does not take for a call that ended normally.
    void reset();

    time_point deadline() const noexcept { return session_.deadline(); }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
    const ended_event& end() const noexcept { return end_; }

    /// Returns what is wrong with the header of the proxy; empty if nothing is.
    std::string header_mistake() const { return header_ ? header_->mistake() : std::string(); }

    /// Returns the first bytes that arrived and were not an id, at most listener::first_bytes_max. Those of an
    /// incomplete header are among them; those of a complete header are not.
    std::span<const std::byte> first_bytes() const noexcept;

    /// Returns the socket, to wait until something arrives.
    tcp_socket& socket() noexcept { return socket_; }

    byte_stream take_stream() { return byte_stream(std::move(socket_), peer_); }
    session take_session() { return std::move(session_); }

    /// Returns a session with other options in the same state: it has its id, and its started_event has been taken.
    /// Throws std::invalid_argument for options that validate() refuses.
    session session_with(const call_options& rules) const;

    /// Returns the id, which must have arrived.
    const uuid& id() const noexcept { return *session_.id(); }

  private:
    std::size_t wanted() const noexcept;
    std::span<const std::byte> behind_header(std::span<const std::byte> arrived, io_error error);
    void remember(std::span<const std::byte> bytes);
    state settle(const event& first);
    void shut_down();

    tcp_socket socket_;
    session session_;
    std::optional<proxy_header> header_; // until it is complete
    boost::asio::ip::tcp::endpoint peer_;
    ended_event end_;
    std::vector<std::byte> head_; // the first bytes; stays empty if the id comes in one piece, as Asterisk sends it
};

} // namespace audiosocket::detail
