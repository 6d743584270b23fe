// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <span>

namespace audiosocket::detail {

/// Knows on which of many sockets something has arrived, with one system call for all of them.
///
/// It is edge-triggered: each arrival is reported once, whether or not it is read. So read a socket until nothing is
/// left. An arrival that was read already may still be reported.
class readiness {
  public:
    /// Opens an epoll descriptor. Throws boost::system::system_error if the system has no descriptor left.
    readiness();

    /// Watches this socket: reports arrivals, including what has arrived before, as arrivals for `whose`.
    void watch(int socket, void* whose, io_error& error) noexcept;

    /// Stops watching. Call it before the socket is closed, because the kernel continues to report while another
    /// process has the socket.
    void unwatch(int socket) noexcept;

    /// Calls `arrived(whose, is_last)` for each socket on which something has arrived since the last ask(). `is_last`
    /// says that the end of the peer, or an error, is part of it. `arrived` must not throw, watch or unwatch.
    template <class Arrived>
    void ask(Arrived arrived) noexcept;

    /// Returns a descriptor that becomes readable when ask() would report something.
    int descriptor() const noexcept { return epoll_.get(); }

  private:
    // How many reports are fetched at once. More are fetched in further steps.
    static constexpr std::size_t fetched_at_once = 256;

    std::span<const epoll_event> fetch(std::span<epoll_event> to) noexcept;

    file_descriptor epoll_;
};

template <class Arrived>
void readiness::ask(Arrived arrived) noexcept {
    std::array<epoll_event, fetched_at_once> buffer;
    for (bool more = true; more;) {
        const auto events = fetch(buffer);
        for (const epoll_event& e : events)
            arrived(e.data.ptr, (e.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
        more = events.size() == buffer.size();
    }
}

} // namespace audiosocket::detail
