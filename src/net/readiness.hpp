// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <span>

namespace audiosocket::detail {

/// Knows on which of many sockets something has arrived. One question to the kernel answers for all of them.
///
/// It is edge-triggered: each arrival is reported once, whether or not it is read. So a socket has to be read until
/// nothing is left, and a report of an arrival that was read already is possible.
class readiness {
  public:
    /// Throws boost::system::system_error if the system has no descriptor left.
    readiness();

    /// Reports arrivals on this socket from now on, and what lies there already, as arrivals for `whose`.
    void watch(int socket, void* whose, io_error& error) noexcept;

    /// To be called before the socket is closed: the kernel goes on reporting while another process has it as well.
    void unwatch(int socket) noexcept;

    /// Calls `arrived(whose, is_last)` for each socket on which something has arrived since the last question.
    /// `is_last`: the peer's end or an error is part of it. `arrived` must not throw, watch or unwatch.
    template <class Arrived>
    void ask(Arrived arrived) noexcept;

    /// Becomes readable when ask() would report something.
    int descriptor() const noexcept { return epoll_.get(); }

  private:
    // Reports fetched at once. More are fetched in further goes.
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
