// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/deadline_socket.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace audiosocket::detail {
namespace {

namespace asio = boost::asio;
using time_point = std::chrono::steady_clock::time_point;

// poll() takes milliseconds; a longer wait is done in several steps.
constexpr std::chrono::milliseconds longest_poll{60'000};

// Waits until the socket is ready, at most until the deadline. Returns whether to try again.
bool wait_until_ready(int descriptor, short what, time_point deadline, boost::system::error_code& error) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= time_point::duration::zero()) {
        error = asio::error::timed_out;
        return false;
    }
    const auto pause = std::min(
        std::chrono::ceil<std::chrono::milliseconds>(std::min<time_point::duration>(left, longest_poll)), longest_poll);
    pollfd file{descriptor, what, 0};
    if (::poll(&file, 1, static_cast<int>(pause.count())) >= 0 || errno == EINTR) return true;
    error.assign(errno, boost::system::system_category());
    return false;
}

template <class Buffer>
std::array<iovec, buffers_max> io_vectors(std::span<const Buffer> buffers) {
    std::array<iovec, buffers_max> out{};
    for (std::size_t i = 0; i < buffers.size(); ++i)
        out[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
    return out;
}

template <class Buffer>
bool all_empty(std::span<const Buffer> buffers) {
    return std::ranges::all_of(buffers, [](const auto& b) { return b.size() == 0; });
}

// Repeats a non-blocking system call until it succeeds, fails, or the deadline has passed.
template <class Call>
std::size_t repeat(int descriptor, short ready, time_point deadline, boost::system::error_code& error, Call call) {
    error = {};
    for (;;) {
        const ssize_t bytes = call();
        if (bytes >= 0) return static_cast<std::size_t>(bytes);
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            error.assign(errno, boost::system::system_category());
            return 0;
        }
        if (!wait_until_ready(descriptor, ready, deadline, error)) return 0;
    }
}

} // namespace

std::size_t receive_until(int descriptor, std::span<const asio::mutable_buffer> to, time_point deadline,
                          boost::system::error_code& error) {
    error = {};
    if (all_empty(to)) return 0;
    auto vectors = io_vectors(to);
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = to.size();
    const std::size_t bytes =
        repeat(descriptor, POLLIN, deadline, error, [&] { return ::recvmsg(descriptor, &message, MSG_DONTWAIT); });
    if (!error && bytes == 0) error = asio::error::eof;
    return bytes;
}

std::size_t send_until(int descriptor, std::span<const asio::const_buffer> from, time_point deadline,
                       boost::system::error_code& error) {
    error = {};
    if (all_empty(from)) return 0;
    auto vectors = io_vectors(from);
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = from.size();
    return repeat(descriptor, POLLOUT, deadline, error,
                  [&] { return ::sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

} // namespace audiosocket::detail
