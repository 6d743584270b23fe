// SPDX-License-Identifier: Apache-2.0
#include "bench/call_socket.hpp"

#include "base/failure.hpp"
#include "base/network_words.hpp"
#include "bench/congestion.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace audiosocket::app::bench {
namespace {

using std::chrono::nanoseconds;

// The thread may be preempted between reading the two clocks; such a pair of values is not used.
constexpr std::chrono::microseconds both_read_within{10};

nanoseconds since_epoch(const timespec& t) {
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

void enable(int socket, int level, int option) {
    const int on = 1;
    setsockopt(socket, level, option, &on, sizeof on);
}

} // namespace

void stamp_clock::adjust() noexcept {
    const auto before = clock::now();
    timespec of_day{};
    clock_gettime(CLOCK_REALTIME, &of_day);
    const auto after = clock::now();
    if (after - before < both_read_within || behind_ == nanoseconds(0))
        behind_ = since_epoch(of_day) - (before + (after - before) / 2).time_since_epoch();
}

time_point stamp_clock::to_monotonic(const timespec& stamp, time_point now) const noexcept {
    return std::min(now, time_point(since_epoch(stamp) - behind_));
}

int call_socket::connect(const endpoint& server) {
    assert(!socket_);
    socket_ =
        file_descriptor(::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket_) return errno;
    enable(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
    enable(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS);
    if (!server.congestion.empty())
        if (const int error = set_congestion(socket_.get(), server.congestion); error != 0) return error;
    const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
    if (::connect(socket_.get(), address, server.size) == 0 || errno == EINPROGRESS) return 0;
    return errno;
}

int call_socket::connect_and_wait(const endpoint& server) {
    if (const int error = connect(server); error != 0) return error;
    pollfd writable{socket_.get(), POLLOUT, 0};
    return poll(&writable, 1, static_cast<int>(asterisk::connect_max.count())) == 1 ? connect_result() : ETIMEDOUT;
}

int call_socket::connect_result() const {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

call_socket::sending call_socket::send(std::span<const std::byte> message) const {
    const auto sent = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(message.size())) return sending::whole;
    return sent >= 0 || errno == EAGAIN ? sending::refused : sending::broken;
}

call_socket::received call_socket::receive(std::span<std::byte> into, const stamp_clock& clock_of_stamps) const {
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(timespec))];
    iovec piece{into.data(), into.size()};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const auto n = recvmsg(socket_.get(), &header, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (n < 0) return {reading::reset, 0, {}, false};
    if (n == 0) return {reading::finished, 0, {}, false};

    received result{reading::bytes, static_cast<std::size_t>(n), clock::now(), false};
    const cmsghdr* note = CMSG_FIRSTHDR(&header);
    if (note != nullptr && note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(note), sizeof stamp);
        result.at = clock_of_stamps.to_monotonic(stamp, result.at);
        result.stamped = true;
    }
    return result;
}

void call_socket::finish() const {
    shutdown(socket_.get(), SHUT_WR);
}

endpoint find_server(const address& where, const std::string& congestion) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int error = getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &list);
        error != 0)
        throw failure(exit_code::network, "cannot find " + to_string(where) + ": " + gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(list, freeaddrinfo);
    int error = 0;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        endpoint server;
        server.congestion = congestion;
        std::memcpy(&server.address, one->ai_addr, one->ai_addrlen);
        server.size = one->ai_addrlen;
        error = call_socket().connect_and_wait(server);
        if (error == 0) return server;
    }
    throw failure(exit_code::network, "cannot connect to " + to_string(where) + ": " +
                                          network_words({error, boost::system::system_category()}));
}

} // namespace audiosocket::app::bench
