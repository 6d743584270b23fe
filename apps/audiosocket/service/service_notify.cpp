// SPDX-License-Identifier: Apache-2.0
#include "service/service_notify.hpp"

#include "service/environment.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <ctime>

namespace audiosocket::app {
namespace {

// The manager's queue is full only if it has problems. A report is worth this wait; calls survive it.
constexpr timeval send_patience{0, 100'000};

// Returns nothing if the text is not a positive number.
std::optional<long long> number(const std::string& text) {
    long long value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && rest == text.data() + text.size();
    return whole && value > 0 ? std::optional(value) : std::nullopt;
}

std::error_code last_error() {
    return {errno, std::generic_category()};
}

} // namespace

service_notify service_notify::take() {
    service_notify n;
    n.socket_ = take_variable("NOTIFY_SOCKET").value_or("");
    const auto interval = number(take_variable("WATCHDOG_USEC").value_or(""));
    const auto watched = take_variable("WATCHDOG_PID").value_or("");
    if (interval && (watched.empty() || number(watched) == getpid())) n.watchdog_.emplace(*interval);
    return n;
}

std::error_code service_notify::ready(const std::string& status, bool as_main_process) {
    const std::string main = as_main_process ? "MAINPID=" + std::to_string(getpid()) + "\n" : "";
    return notify(main + "READY=1\nSTATUS=" + status);
}

std::error_code service_notify::reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const auto us = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
    return notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

std::error_code service_notify::stopping(const std::string& status) {
    return notify("STOPPING=1\nSTATUS=" + status);
}

std::error_code service_notify::status(const std::string& text) {
    return notify("STATUS=" + text);
}

std::error_code service_notify::alive() {
    return notify("WATCHDOG=1");
}

std::vector<std::string> service_notify::environment() const {
    std::vector<std::string> all;
    if (!socket_.empty()) all.push_back("NOTIFY_SOCKET=" + socket_);
    if (watchdog_) all.push_back("WATCHDOG_USEC=" + std::to_string(watchdog_->count()));
    return all;
}

std::error_code service_notify::notify(const std::string& state) const {
    if (socket_.empty()) return {};
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof to.sun_path || (socket_[0] != '/' && socket_[0] != '@'))
        return std::make_error_code(std::errc::invalid_argument);
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') to.sun_path[0] = '\0'; // an abstract socket, which is not a file
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());

    const file_descriptor s(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!s) return last_error();
    setsockopt(s.get(), SOL_SOCKET, SO_SNDTIMEO, &send_patience, sizeof send_patience);
    const auto sent =
        sendto(s.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
    return sent < 0 ? last_error() : std::error_code{};
}

} // namespace audiosocket::app
