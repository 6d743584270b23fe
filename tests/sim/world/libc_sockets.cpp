// SPDX-License-Identifier: Apache-2.0
// The functions of the C library for sockets only (libc.cpp has the others).
#include "sim/world/libc.hpp"

#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <vector>

using namespace audiosocket::sim;

namespace {

// What the processor needs for each received byte: the copy, and what the code under test does with it.
constexpr nanoseconds byte_time{10};

// Writes an address in the family of the socket: an IPv6 socket sees IPv4 addresses mapped.
void write_address(tcp_endpoint what, int family, sockaddr* to, socklen_t* size) {
    namespace ip = boost::asio::ip;
    if (to == nullptr || size == nullptr) return;
    if (family == AF_INET6 && what.address().is_v4())
        what.address(ip::make_address_v6(ip::v4_mapped, what.address().to_v4()));
    std::memcpy(to, what.data(), std::min<std::size_t>(*size, what.size()));
    *size = static_cast<socklen_t>(what.size());
}

tcp_endpoint read_address(const sockaddr* from, socklen_t size) {
    namespace ip = boost::asio::ip;
    tcp_endpoint read;
    std::memcpy(read.data(), from, std::min<std::size_t>(size, read.capacity()));
    read.resize(size);
    if (read.address().is_v6() && read.address().to_v6().is_v4_mapped())
        read.address(ip::make_address_v4(ip::v4_mapped, read.address().to_v6()));
    return read;
}

tcp_socket_description* socket_of(kernel& k, int descriptor) noexcept {
    return k.find_as<tcp_socket_description>(descriptor);
}

// Waits for a socket that blocks. Returns whether it is ready.
bool wait_if_blocking(kernel& k, tcp_socket_description& s, std::uint32_t events, int flags) {
    if (s.non_blocking || (flags & MSG_DONTWAIT) != 0) return false;
    return k.wait_for(s, events, nanoseconds::max());
}

ssize_t receive(int descriptor, const iovec* places, std::size_t count, int flags, msghdr* message) {
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(EBADF);
    if (s->end == nullptr) return failed(ENOTCONN);
    tcp_end& end = *s->end;
    if (end.in.size() == 0 && !end.fin_in && !end.reset && end.error == 0 && !wait_if_blocking(k, *s, EPOLLIN, flags))
        return failed(EAGAIN);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count && end.in.size() > 0; ++i)
        total += end.receive(static_cast<std::byte*>(places[i].iov_base), places[i].iov_len, (flags & MSG_PEEK) != 0);
    if (message != nullptr) {
        message->msg_flags = 0;
        std::size_t used = 0;
        if (total > 0 && end.stamps && message->msg_control != nullptr &&
            message->msg_controllen >= CMSG_SPACE(sizeof(timespec))) {
            cmsghdr* const note = CMSG_FIRSTHDR(message);
            note->cmsg_level = SOL_SOCKET;
            note->cmsg_type = SCM_TIMESTAMPNS;
            note->cmsg_len = CMSG_LEN(sizeof(timespec));
            const timespec stamp = to_timespec(end.last_stamp);
            std::memcpy(CMSG_DATA(note), &stamp, sizeof stamp);
            used = CMSG_SPACE(sizeof(timespec));
        }
        message->msg_controllen = used;
    }
    k.charge(static_cast<std::int64_t>(total) * byte_time);
    if (total > 0) return static_cast<ssize_t>(total);
    if (end.error != 0) return failed(std::exchange(end.error, 0));
    return 0;
}

ssize_t send_all(int descriptor, const iovec* pieces, std::size_t count, int flags) {
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(EBADF);
    if (s->end == nullptr) return failed(EPIPE);
    tcp_end& end = *s->end;
    if (end.error != 0) return failed(std::exchange(end.error, 0));
    if (end.reset || end.over || end.fin_sent) return failed(EPIPE);
    if (!end.connected) return failed(EAGAIN);
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < count; ++i) {
        const auto* const from = static_cast<const std::byte*>(pieces[i].iov_base);
        bytes.insert(bytes.end(), from, from + pieces[i].iov_len);
    }
    if (bytes.empty()) return 0;
    std::size_t sent = end.send(bytes.data(), bytes.size());
    while (sent < bytes.size() && !s->non_blocking && (flags & MSG_DONTWAIT) == 0) {
        if (!k.wait_for(*s, EPOLLOUT, nanoseconds::max()) || end.over) break;
        sent += end.send(bytes.data() + sent, bytes.size() - sent);
    }
    end.send_was_cut = sent < bytes.size();
    if (sent == 0) return failed(EAGAIN);
    if (const auto& far = end.other->far; far && far->on_machine_sends)
        far->on_machine_sends(std::span(bytes).first(sent));
    return static_cast<ssize_t>(sent);
}

} // namespace

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
    if (kernel::present == nullptr || (domain != AF_INET && domain != AF_INET6) || (type & SOCK_STREAM) == 0)
        return REAL(socket)(domain, type, protocol);
    kernel& k = now_in_kernel();
    auto made = std::make_shared<tcp_socket_description>(k, domain);
    made->non_blocking = (type & SOCK_NONBLOCK) != 0;
    return result_of(k.open(std::move(made)));
}

int bind(int descriptor, const sockaddr* to, socklen_t size) noexcept {
    if (!ours(descriptor)) return REAL(bind)(descriptor, to, size);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    return s == nullptr ? failed(EBADF) : result_of(k.bind(*s, read_address(to, size)));
}

int listen(int descriptor, int backlog) noexcept {
    if (!ours(descriptor)) return REAL(listen)(descriptor, backlog);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(EBADF);
    if (!std::exchange(s->listening, true)) k.listeners.push_back(s);
    return 0;
}

int accept4(int descriptor, sockaddr* from, socklen_t* size, int flags) {
    if (!ours(descriptor)) return REAL(accept4)(descriptor, from, size, flags);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr || !s->listening) return failed(EINVAL);
    if (s->accepted.empty()) wait_if_blocking(k, *s, EPOLLIN, 0);
    tcp_endpoint peer;
    const int made = k.accept(*s, peer);
    if (made < 0) return failed(-made);
    write_address(peer, s->family, from, size);
    k.find(made)->non_blocking = (flags & SOCK_NONBLOCK) != 0;
    return made;
}

int accept(int descriptor, sockaddr* from, socklen_t* size) {
    if (!ours(descriptor)) return REAL(accept)(descriptor, from, size);
    return accept4(descriptor, from, size, 0);
}

int connect(int descriptor, const sockaddr* to, socklen_t size) {
    if (!ours(descriptor)) return REAL(connect)(descriptor, to, size);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(EBADF);
    if (s->end != nullptr) return failed(s->end->connected ? EISCONN : EALREADY);
    const int state = k.connect(*s, read_address(to, size));
    if (!wait_if_blocking(k, *s, EPOLLOUT, 0)) return failed(state);
    return s->end->error != 0 ? failed(std::exchange(s->end->error, 0)) : 0;
}

ssize_t recv(int descriptor, void* to, size_t size, int flags) {
    if (!ours(descriptor)) return REAL(recv)(descriptor, to, size, flags);
    const iovec place{to, size};
    return receive(descriptor, &place, 1, flags, nullptr);
}

ssize_t recvfrom(int descriptor, void* to, size_t size, int flags, sockaddr* from, socklen_t* from_size) {
    if (!ours(descriptor)) return REAL(recvfrom)(descriptor, to, size, flags, from, from_size);
    return recv(descriptor, to, size, flags);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
    if (!ours(descriptor)) return REAL(recvmsg)(descriptor, message, flags);
    return receive(descriptor, message->msg_iov, message->msg_iovlen, flags, message);
}

ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
    if (!ours(descriptor)) return REAL(send)(descriptor, bytes, size, flags);
    const iovec piece{const_cast<void*>(bytes), size};
    return send_all(descriptor, &piece, 1, flags);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
    if (!ours(descriptor)) return REAL(sendmsg)(descriptor, message, flags);
    return send_all(descriptor, message->msg_iov, message->msg_iovlen, flags);
}

ssize_t readv(int descriptor, const iovec* places, int count) {
    if (!ours(descriptor)) return REAL(readv)(descriptor, places, count);
    return receive(descriptor, places, static_cast<std::size_t>(count), 0, nullptr);
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
    if (!ours(descriptor)) return REAL(writev)(descriptor, pieces, count);
    return send_all(descriptor, pieces, static_cast<std::size_t>(count), 0);
}

int shutdown(int descriptor, int how) noexcept {
    if (!ours(descriptor)) return REAL(shutdown)(descriptor, how);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(EBADF);
    if (s->end == nullptr || !s->end->connected || s->end->reset) return failed(ENOTCONN);
    if (how != SHUT_RD) s->end->end_sending();
    return 0;
}

int setsockopt(int descriptor, int level, int name, const void* value, socklen_t size) noexcept {
    if (!ours(descriptor)) return REAL(setsockopt)(descriptor, level, name, value, size);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(ENOTSOCK);
    int number = 0;
    std::memcpy(&number, value, std::min<std::size_t>(size, sizeof number));
    if (level != SOL_SOCKET) return 0;
    switch (name) {
    case SO_SNDBUF:
        s->send_buffer = static_cast<std::size_t>(number);
        if (s->end != nullptr) s->end->out_max = s->send_buffer;
        break;
    case SO_RCVBUF:
        s->receive_buffer = static_cast<std::size_t>(number);
        if (s->end != nullptr) s->end->in_max = s->receive_buffer;
        break;
    case SO_LINGER: {
        linger how{};
        std::memcpy(&how, value, std::min<std::size_t>(size, sizeof how));
        s->reset_on_close = how.l_onoff != 0 && how.l_linger == 0;
        break;
    }
    case SO_TIMESTAMPNS:
        if (s->end != nullptr) s->end->stamps = number != 0;
        break;
    default: break;
    }
    return 0;
}

int getsockopt(int descriptor, int level, int name, void* value, socklen_t* size) noexcept {
    if (!ours(descriptor)) return REAL(getsockopt)(descriptor, level, name, value, size);
    kernel& k = now_in_kernel();
    auto* const s = socket_of(k, descriptor);
    if (s == nullptr) return failed(ENOTSOCK);
    int number = 0;
    if (level == SOL_SOCKET) switch (name) {
        case SO_ERROR: number = s->end == nullptr ? 0 : std::exchange(s->end->error, 0); break;
        case SO_TYPE: number = SOCK_STREAM; break;
        case SO_DOMAIN: number = s->family; break;
        case SO_PROTOCOL: number = IPPROTO_TCP; break;
        case SO_ACCEPTCONN: number = s->listening ? 1 : 0; break;
        case SO_SNDBUF: number = static_cast<int>(s->end == nullptr ? s->send_buffer : s->end->out_max); break;
        case SO_RCVBUF: number = static_cast<int>(s->end == nullptr ? s->receive_buffer : s->end->in_max); break;
        default: break;
        }
    std::memcpy(value, &number, std::min<std::size_t>(*size, sizeof number));
    *size = sizeof number;
    return 0;
}

int getsockname(int descriptor, sockaddr* to, socklen_t* size) noexcept {
    if (!ours(descriptor)) return REAL(getsockname)(descriptor, to, size);
    auto* const s = socket_of(now_in_kernel(), descriptor);
    if (s == nullptr) return failed(ENOTSOCK);
    write_address(s->bound, s->family, to, size);
    return 0;
}

int getpeername(int descriptor, sockaddr* to, socklen_t* size) noexcept {
    if (!ours(descriptor)) return REAL(getpeername)(descriptor, to, size);
    auto* const s = socket_of(now_in_kernel(), descriptor);
    if (s == nullptr) return failed(ENOTSOCK);
    if (s->end == nullptr || !s->end->connected) return failed(ENOTCONN);
    write_address(s->end->other->local, s->family, to, size);
    return 0;
}

// Fortified code calls this.
ssize_t __recv_chk(int descriptor, void* to, size_t size, size_t, int flags) {
    return recv(descriptor, to, size, flags);
}

} // extern "C"
