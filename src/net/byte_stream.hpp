#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>

namespace audiosocket::detail {

/// A connected TCP socket outside every reactor: reading and sending never wait. Move-only;
/// closes itself.
class byte_stream {
  public:
    /// Takes the socket out of its io_context, with TCP_NODELAY set.
    template <class TcpSocket>
    byte_stream(TcpSocket socket, const boost::asio::ip::tcp::endpoint& peer) : peer_(peer) {
        boost::system::error_code ignored; // a socket that refuses has failed already, and the first read will say so
        socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        descriptor_ = socket.release(ignored);
    }
    byte_stream(byte_stream&& other) noexcept;
    byte_stream& operator=(byte_stream&& other) noexcept;
    ~byte_stream();

    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

    /// Reads what is there and fits. Errors: `would_block` when nothing is, `eof` at the end, whatever the system says.
    std::size_t receive(std::span<std::byte> to, boost::system::error_code& error) noexcept;

    /// Sends as much as the system takes. Errors: `would_block` when that is nothing, whatever the system says.
    std::size_t send(std::span<const std::byte> bytes, boost::system::error_code& error) noexcept;

    /// Sends FIN.
    void shut_down() noexcept;

    void close() noexcept;

  private:
    int descriptor_ = -1;
    boost::asio::ip::tcp::endpoint peer_;
};

} // namespace audiosocket::detail
