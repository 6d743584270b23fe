// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <span>

namespace audiosocket {

/// A socket of Boost.Asio, for example `boost::asio::ip::tcp::socket` or one of its local sockets.
template <class Type>
concept native_socket = requires(Type& socket) {
    { socket.native_handle() } -> std::convertible_to<int>;
};

namespace detail {

/// Receives into the buffer what has arrived, and waits for it until the deadline. Errors: `timed_out`, `eof`, or an
/// error of the system.
AUDIOSOCKET_EXPORT std::size_t receive_until(int descriptor, std::span<const boost::asio::mutable_buffer> to,
                                             std::chrono::steady_clock::time_point deadline,
                                             boost::system::error_code& error);

/// Sends what the system takes of the buffers, and waits until it takes something, or for the deadline. Errors:
/// `timed_out`, or an error of the system. Never raises SIGPIPE.
AUDIOSOCKET_EXPORT std::size_t send_until(int descriptor, std::span<const boost::asio::const_buffer> from,
                                          std::chrono::steady_clock::time_point deadline,
                                          boost::system::error_code& error);

/// At most this many buffers go into one call of the system; what is left waits for the next.
inline constexpr std::size_t buffers_max = 16;

template <class Buffer, class BufferSequence>
std::size_t collect(const BufferSequence& from, std::array<Buffer, buffers_max>& to) {
    std::size_t count = 0;
    for (auto i = boost::asio::buffer_sequence_begin(from);
         i != boost::asio::buffer_sequence_end(from) && count < buffers_max; ++i)
        to[count++] = Buffer(*i);
    return count;
}

} // namespace detail

/// A socket for blocking code whose reads and writes end at a deadline.
///
/// Boost.Asio's own blocking reads wait for ever, whatever SO_RCVTIMEO says. With this stream a peer that is silent, or
/// does not read, cannot hold the thread: each read and each write fails with `boost::asio::error::timed_out` when the
/// deadline has come. What has arrived by then is still read.
///
/// \code
/// deadline_socket line(socket, std::chrono::steady_clock::now() + std::chrono::seconds(5));
/// const uuid id = read_id(line, error);
/// \endcode
///
/// It is a SyncReadStream and a SyncWriteStream, so all functions of blocking.hpp and of Boost.Asio take it. It does
/// not own the socket, which must outlive it, and does not care whether the socket is in blocking mode. One thread may
/// read while another one writes, each through an object of its own. For sockets only: a TLS stream has bytes of its
/// own.
template <native_socket Socket>
class deadline_socket {
  public:
    /// The clock of the deadlines is monotonic.
    using time_point = std::chrono::steady_clock::time_point;

    /// Uses this socket, which must outlive the object, until this deadline.
    deadline_socket(Socket& socket, time_point deadline) noexcept : socket_(socket), deadline_(deadline) {}

    /// Moves the deadline, for the reads and writes to come.
    void expires_at(time_point deadline) noexcept { deadline_ = deadline; }

    /// Reads at least a byte, as the read_some() of the socket. Errors: `boost::asio::error::timed_out`,
    /// `boost::asio::error::eof`, or an error of the system.
    template <class MutableBufferSequence>
    std::size_t read_some(const MutableBufferSequence& buffers, boost::system::error_code& error) {
        std::array<boost::asio::mutable_buffer, detail::buffers_max> to;
        const std::size_t count = detail::collect(buffers, to);
        return detail::receive_until(socket_.native_handle(), std::span(to).first(count), deadline_, error);
    }

    /// Writes at least a byte, as the write_some() of the socket. Errors: `boost::asio::error::timed_out`, or an error
    /// of the system.
    template <class ConstBufferSequence>
    std::size_t write_some(const ConstBufferSequence& buffers, boost::system::error_code& error) {
        std::array<boost::asio::const_buffer, detail::buffers_max> from;
        const std::size_t count = detail::collect(buffers, from);
        return detail::send_until(socket_.native_handle(), std::span(from).first(count), deadline_, error);
    }

  private:
    Socket& socket_;
    time_point deadline_;
};

} // namespace audiosocket
