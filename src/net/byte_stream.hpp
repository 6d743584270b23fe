// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <span>

namespace audiosocket::detail {

/// A connected TCP socket without a reactor: reading and sending never wait. Move-only; closes itself.
class byte_stream {
  public:
    /// Takes the socket out of its io_context. Sets TCP_NODELAY, and limits how much unread data the kernel holds.
    template <class TcpSocket>
    byte_stream(TcpSocket socket, const boost::asio::ip::tcp::endpoint& peer) : peer_(peer) {
        io_error ignored; // a socket that refuses has failed already, and the first read reports it
        socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        socket.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer_bytes), ignored);
        socket_ = file_descriptor(socket.release(ignored));
    }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
    int descriptor() const noexcept { return socket_.get(); }

    /// Reads what has arrived and fits. Errors: `would_block` if nothing has arrived, `eof` at the end, or an error of
    /// the system.
    std::size_t receive(std::span<std::byte> to, io_error& error) noexcept;

    /// Makes receive_timed() possible. The kernel then makes a time stamp for each packet.
    void time_arrivals() noexcept;

    /// Reads as receive() does. `waited` becomes how long the last byte waited in this machine; negative if not known.
    std::size_t receive_timed(std::span<std::byte> to, io_error& error, std::chrono::nanoseconds& waited) noexcept;

    /// Sends as much as the system takes. Errors: `would_block` if it takes nothing, or an error of the system.
    std::size_t send(std::span<const std::byte> bytes, io_error& error) noexcept;

    /// Shuts the sending side down (sends a FIN).
    void shut_down() noexcept;

    void close() noexcept { socket_.close(); }

  private:
    // The kernel takes twice as much: eight seconds of 16 kHz audio. So a peer is not blocked if we stand still for a
    // moment. And the memory that a peer can use in the kernel stays small.
    static constexpr int receive_buffer_bytes = 128 * 1024;

    file_descriptor socket_;
    boost::asio::ip::tcp::endpoint peer_;
};

} // namespace audiosocket::detail
