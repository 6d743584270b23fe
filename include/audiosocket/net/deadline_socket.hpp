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

/// Receives what has arrived, and waits for it until the deadline. Errors: `timed_out`, `eof`, or an error of the
/// system.
AUDIOSOCKET_EXPORT std::size_t receive_until(int descriptor, std::span<const boost::asio::mutable_buffer> to,
                                             std::chrono::steady_clock::time_point deadline,
                                             boost::system::error_code& error);

/// Sends as much of the buffers as the system takes, and waits until it takes something or the deadline has passed.
/// Errors: `timed_out`, or an error of the system. Never raises SIGPIPE.
AUDIOSOCKET_EXPORT std::size_t send_until(int descriptor, std::span<const boost::asio::const_buffer> from,
                                          std::chrono::steady_clock::time_point deadline,
                                          boost::system::error_code& error);

/// The most buffers of one system call; the rest waits for the next call.
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
/// Boost.Asio's own blocking reads ignore SO_RCVTIMEO and wait without limit. With this stream, a peer that is silent
/// or does not read cannot block the thread. Each read and each write fails with `boost::asio::error::timed_out` when
/// the deadline has passed. What has arrived by then is still read.
///
/// \code
/// deadline_socket line(socket, std::chrono::steady_clock::now() + std::chrono::seconds(5));
/// const uuid id = read_id(line, error);
/// \endcode
///
/// It is a SyncReadStream and a SyncWriteStream, so all functions of blocking.hpp and of Boost.Asio accept it. It does
/// not own the socket, which must outlive it. The socket may be in blocking mode or not. One thread may read while
/// another writes, each with its own deadline_socket. It works only with sockets, because a TLS stream buffers bytes
/// itself.
template <native_socket Socket>
class deadline_socket {
  public:
    /// A deadline, on a monotonic clock.
    using time_point = std::chrono::steady_clock::time_point;

    /// Makes a stream on this socket, which must outlive the stream.
    deadline_socket(Socket& socket, time_point deadline) noexcept : socket_(socket), deadline_(deadline) {}

    /// Sets the deadline of later reads and writes.
    void expires_at(time_point deadline) noexcept { deadline_ = deadline; }

    /// Reads at least one byte, as read_some() of the socket does. Errors: `boost::asio::error::timed_out`,
    /// `boost::asio::error::eof`, or an error of the system.
    template <class MutableBufferSequence>
    std::size_t read_some(const MutableBufferSequence& buffers, boost::system::error_code& error) {
        std::array<boost::asio::mutable_buffer, detail::buffers_max> to;
        const std::size_t count = detail::collect(buffers, to);
        return detail::receive_until(socket_.native_handle(), std::span(to).first(count), deadline_, error);
    }

    /// Writes at least one byte, as write_some() of the socket does. Errors: `boost::asio::error::timed_out`, or an
    /// error of the system.
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
