// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <span>

namespace audiosocket::detail {

/// A connected TCP socket outside every reactor: reading and sending never wait. Move-only;
/// closes itself.
class byte_stream {
  public:
    /// Takes the socket out of its io_context, with TCP_NODELAY set and a bound on what the kernel holds unread.
    template <class TcpSocket>
    byte_stream(TcpSocket socket, const boost::asio::ip::tcp::endpoint& peer) : peer_(peer) {
        io_error ignored; // a socket that refuses has failed already, and the first read will say so
        socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        socket.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer_bytes), ignored);
        socket_ = file_descriptor(socket.release(ignored));
    }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
    int descriptor() const noexcept { return socket_.get(); }

    /// Reads what is there and fits. Errors: `would_block` when nothing is, `eof` at the end, whatever the system says.
    std::size_t receive(std::span<std::byte> to, io_error& error) noexcept;

    /// Makes receive_timed() possible. It costs the kernel a time stamp a packet.
    void time_arrivals() noexcept;

    /// Reads as receive() does, and says how long the last byte had waited in this machine; negative if that is not
    /// known.
    std::size_t receive_timed(std::span<std::byte> to, io_error& error, std::chrono::nanoseconds& waited) noexcept;

    /// Sends as much as the system takes. Errors: `would_block` when that is nothing, whatever the system says.
    std::size_t send(std::span<const std::byte> bytes, io_error& error) noexcept;

    /// Sends FIN.
    void shut_down() noexcept;

    void close() noexcept { socket_.close(); }

  private:
    // The kernel takes twice as much. Eight seconds of 16 kHz audio: no peer is blocked because we stood still for a
    // moment. And what a peer can make the kernel hold stays small.
    static constexpr int receive_buffer_bytes = 128 * 1024;

    file_descriptor socket_;
    boost::asio::ip::tcp::endpoint peer_;
};

} // namespace audiosocket::detail
