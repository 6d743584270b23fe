// SPDX-License-Identifier: Apache-2.0
// What the bare servers share: the listening socket, and the id that is not part of the echo.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace bare {

inline constexpr std::size_t id_message_bytes = 19; // a header of 3 and the 16 bytes of the UUID
inline constexpr std::size_t read_bytes = 4096;     // a frame at 8 kHz is 323

inline int checked(int result, const char* what) {
    if (result >= 0) return result;
    std::perror(what);
    std::exit(1);
}

/// Sends each message at once. An echo is small, and waiting for more would only delay it.
inline void no_delay(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/// A listening socket at 127.0.0.1:PORT, with as many descriptors as the system allows.
inline int listen_at(int argc, char** argv, int flags) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s PORT\n", argv[0]);
        std::exit(2);
    }
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);

    const int listener = checked(::socket(AF_INET, SOCK_STREAM | flags, 0), "socket");
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    checked(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), "bind");
    checked(::listen(listener, SOMAXCONN), "listen");
    return listener;
}

/// Of each descriptor, the bytes that are not echoed: a server must not send an id.
class ids {
  public:
    /// A new call has this descriptor.
    void expect(int socket) {
        if (at(socket) >= left_.size()) left_.resize(at(socket) + 1);
        left_[at(socket)] = id_message_bytes;
    }

    /// Returns how many of the first bytes of this read belong to the id.
    std::size_t skip(int socket, std::size_t bytes) {
        const auto skipped = std::min(bytes, left_[at(socket)]);
        left_[at(socket)] -= skipped;
        return skipped;
    }

  private:
    static std::size_t at(int socket) { return static_cast<std::size_t>(socket); }

    std::vector<std::size_t> left_;
};

/// The result of one read of a socket.
enum class echoed { nothing, bytes, end };

/// Reads once, which is enough for a frame, and sends the data back without the id. Closes the socket at the peer's
/// end, and when the peer does not take its echo.
inline echoed echo(int socket, ids& of) {
    std::array<std::byte, read_bytes> buffer;
    const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EAGAIN) return echoed::nothing;
    if (got > 0) {
        const std::span<const std::byte> read(buffer.data(), static_cast<std::size_t>(got));
        const auto answer = read.subspan(of.skip(socket, read.size()));
        if (answer.empty()) return echoed::nothing;
        if (::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) == std::ssize(answer)) return echoed::bytes;
    }
    ::close(socket);
    return echoed::end;
}

} // namespace bare
