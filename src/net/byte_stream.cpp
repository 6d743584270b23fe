#include "net/byte_stream.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace audiosocket::detail {
namespace {

using io_error = boost::system::error_code;

io_error last_error() noexcept {
    return errno == EAGAIN ? io_error(boost::asio::error::would_block)
                           : io_error(errno, boost::system::system_category());
}

} // namespace

byte_stream::byte_stream(byte_stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), peer_(other.peer_) {}

byte_stream& byte_stream::operator=(byte_stream&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(peer_, other.peer_);
    return *this;
}

byte_stream::~byte_stream() {
    close();
}

std::size_t byte_stream::receive(std::span<std::byte> to, io_error& error) noexcept {
    for (;;) {
        const auto bytes = ::recv(descriptor_, to.data(), to.size(), MSG_DONTWAIT);
        if (bytes < 0 && errno == EINTR) continue;
        error = bytes > 0 ? io_error{} : bytes == 0 ? io_error(boost::asio::error::eof) : last_error();
        return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    }
}

std::size_t byte_stream::send(std::span<const std::byte> bytes, io_error& error) noexcept {
    for (;;) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        error = sent >= 0 ? io_error{} : last_error();
        return sent >= 0 ? static_cast<std::size_t>(sent) : 0;
    }
}

void byte_stream::shut_down() noexcept {
    ::shutdown(descriptor_, SHUT_WR); // the peer may be gone already
}

void byte_stream::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

} // namespace audiosocket::detail
