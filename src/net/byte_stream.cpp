// SPDX-License-Identifier: Apache-2.0
#include "net/byte_stream.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

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

void byte_stream::time_arrivals() noexcept {
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); // without it there are no stamps
}

std::size_t byte_stream::receive_timed(std::span<std::byte> to, io_error& error,
                                       std::chrono::nanoseconds& waited) noexcept {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> notes;
    iovec place{to.data(), to.size()};
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = notes.data();
    message.msg_controllen = notes.size();
    ssize_t bytes = 0;
    do {
        bytes = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    } while (bytes < 0 && errno == EINTR);
    error = bytes > 0 ? io_error{} : bytes == 0 ? io_error(boost::asio::error::eof) : last_error();
    waited = std::chrono::nanoseconds(-1);
    if (bytes <= 0) return 0;
    const cmsghdr* note = CMSG_FIRSTHDR(&message);
    if (note != nullptr && note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
        timespec at{};
        std::memcpy(&at, CMSG_DATA(note), sizeof at);
        const auto stamp = std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
        waited = std::chrono::system_clock::now().time_since_epoch() - stamp;
    }
    return static_cast<std::size_t>(bytes);
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
    ::shutdown(socket_.get(), SHUT_WR); // the peer may have closed already
}

} // namespace audiosocket::detail
