// SPDX-License-Identifier: Apache-2.0
#include "net/byte_stream.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace audiosocket::detail {
namespace {

io_error last_error() noexcept {
    return errno == EAGAIN ? io_error(boost::asio::error::would_block)
                           : io_error(errno, boost::system::system_category());
}

} // namespace

std::size_t byte_stream::receive(std::span<std::byte> to, io_error& error) noexcept {
    for (;;) {
        const auto bytes = ::recv(socket_.get(), to.data(), to.size(), MSG_DONTWAIT);
        if (bytes < 0 && errno == EINTR) continue;
        error = bytes > 0 ? io_error{} : bytes == 0 ? io_error(boost::asio::error::eof) : last_error();
        return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    }
}

std::size_t byte_stream::send(std::span<const std::byte> bytes, io_error& error) noexcept {
    for (;;) {
        const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        error = sent >= 0 ? io_error{} : last_error();
        return sent >= 0 ? static_cast<std::size_t>(sent) : 0;
    }
}

void byte_stream::shut_down() noexcept {
    ::shutdown(socket_.get(), SHUT_WR); // the peer may be gone already
}

} // namespace audiosocket::detail
