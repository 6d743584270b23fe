// SPDX-License-Identifier: Apache-2.0
#include "net/readiness.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>

namespace audiosocket::detail {
namespace {

io_error last_error() noexcept {
    return {errno, boost::system::system_category()};
}

} // namespace

readiness::readiness() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw boost::system::system_error(last_error(), "epoll_create1");
}

void readiness::watch(int socket, void* whose, io_error& error) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.ptr = whose;
    error = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0 ? io_error{} : last_error();
}

void readiness::unwatch(int socket) noexcept {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
}

std::span<const epoll_event> readiness::fetch(std::span<epoll_event> to) noexcept {
    const int count = ::epoll_wait(epoll_.get(), to.data(), static_cast<int>(to.size()), 0);
    return to.first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

} // namespace audiosocket::detail
