// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

namespace audiosocket::test {

/// A service manager's end of sd_notify: a datagram socket at a path, or, with '@' in front, at an abstract name.
class manager_socket {
  public:
    explicit manager_socket(const std::string& name) : name_(name) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, name.data(), name.size());
        if (name[0] == '@') at.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&at), size) != 0) throw std::runtime_error("bind " + name);
    }
    manager_socket(const manager_socket&) = delete;
    manager_socket& operator=(const manager_socket&) = delete;
    ~manager_socket() { close(socket_); }

    const std::string& name() const noexcept { return name_; }

    /// Returns the next message; nothing after thirty seconds.
    std::optional<std::string> next() {
        pollfd file{socket_, POLLIN, 0};
        if (poll(&file, 1, 30'000) != 1) return std::nullopt;
        char text[4096];
        const auto size = recv(socket_, text, sizeof text, 0);
        return size < 0 ? std::nullopt : std::optional(std::string(text, static_cast<std::size_t>(size)));
    }

    /// Returns the next message that contains this.
    std::string next_with(const std::string& part) {
        for (;;) {
            const auto text = next();
            if (!text) return {};
            if (text->find(part) != std::string::npos) return *text;
        }
    }

  private:
    const std::string name_;
    const int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

} // namespace audiosocket::test
