// SPDX-License-Identifier: Apache-2.0
#include "websocket/turn_socket.hpp"

#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace audiosocket::app::websocket {
namespace {

namespace asio = boost::asio;

// A stalled write is tried again after a tick, then after twice that, up to this.
constexpr std::chrono::milliseconds longest_backoff{16};

msghdr message_of(std::span<iovec> pieces) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return message;
}

std::size_t bytes_of(std::span<const iovec> pieces) {
    std::size_t bytes = 0;
    for (const auto& piece : pieces)
        bytes += piece.iov_len;
    return bytes;
}

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

} // namespace

turn_socket::turn_socket(const asio::any_io_executor& executor)
    : home_(static_cast<asio::io_context&>(asio::query(executor, asio::execution::context))) {}

boost::system::error_code turn_socket::open(asio::ip::tcp::socket connection) try {
    socket_ = file_descriptor(connection.release());
    turn_user& who = *this;
    turns_.emplace(home_, socket_.get(), who);
    return {};
} catch (const boost::system::system_error& e) {
    socket_.close();
    return e.code();
}

void turn_socket::close() {
    turns_.reset();
    socket_.close();
    complete_later(std::move(reading_), {asio::error::operation_aborted});
    complete_later(std::move(writing_), {asio::error::operation_aborted});
}

void turn_socket::shut_down() noexcept {
    ::shutdown(socket_.get(), SHUT_WR); // the peer may be gone already
}

void turn_socket::set_option(int level, int name, const void* data, std::size_t bytes) noexcept {
    ::setsockopt(socket_.get(), level, name, data, static_cast<socklen_t>(bytes));
}

// Nothing where there is nothing yet. An arrival is reported once: less than there is room for was all of it. The end
// of the peer may have been reported together with data.
std::optional<turn_socket::result> turn_socket::receive(std::span<iovec> into) noexcept {
    if (!socket_) return result{asio::error::bad_descriptor};
    if (into.empty()) return result{};
    auto message = message_of(into);
    for (;;) {
        const auto bytes = message.msg_iovlen == 1 ? ::recv(socket_.get(), message.msg_iov->iov_base,
                                                            message.msg_iov->iov_len, MSG_DONTWAIT)
                                                   : ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
        if (bytes < 0 && errno == EINTR) continue;
        if (bytes < 0 && errno == EAGAIN) {
            is_readable_ = false;
            return std::nullopt;
        }
        if (bytes < 0) return result{last_error()};
        if (bytes == 0) return result{asio::error::eof};
        const auto count = static_cast<std::size_t>(bytes);
        is_readable_ = count == bytes_of(into) || peer_has_ended_;
        return result{{}, count};
    }
}

// Nothing where the kernel takes nothing now.
std::optional<turn_socket::result> turn_socket::send(std::span<iovec> out) noexcept {
    if (!socket_) return result{asio::error::bad_descriptor};
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const auto message = message_of(out);
    for (;;) {
        const auto bytes = message.msg_iovlen == 1
                               ? ::send(socket_.get(), message.msg_iov->iov_base, message.msg_iov->iov_len, flags)
                               : ::sendmsg(socket_.get(), &message, flags);
        if (bytes < 0 && errno == EINTR) continue;
        if (bytes < 0 && errno == EAGAIN) return std::nullopt;
        if (bytes < 0 && (errno == EPIPE || errno == ECONNRESET)) return result{{}, bytes_of(out)};
        if (bytes < 0) return result{last_error()};
        return result{{}, static_cast<std::size_t>(bytes)};
    }
}

void turn_socket::write_again_later() {
    turns_->soon(write_after_);
    write_after_ = std::min(write_after_ * 2, longest_backoff);
}

void turn_socket::complete_later(std::unique_ptr<waiting> what, const result& how) {
    if (!what) return;
    asio::post(get_executor(), [what = std::move(what), how]() mutable {
        auto& one = *what;
        one.complete(std::move(what), how);
    });
}

// The last handler that runs here may be the end of this object.
void turn_socket::take_turn(bool arrived, bool is_last) {
    is_readable_ = is_readable_ || arrived;
    peer_has_ended_ = peer_has_ended_ || is_last;
    if (writing_) {
        if (const auto sent = send(write_from_)) {
            write_after_ = std::chrono::milliseconds(1);
            complete_later(std::move(writing_), *sent);
        } else {
            write_again_later();
        }
    }
    if (!reading_ || !is_readable_) return;
    const auto received = receive(read_into_);
    if (!received) return;
    auto& one = *reading_;
    one.complete(std::move(reading_), *received);
}

// A handler may own what owns this object.
void turn_socket::forget() noexcept {
    const auto reading = std::move(reading_);
    const auto writing = std::move(writing_);
}

} // namespace audiosocket::app::websocket
