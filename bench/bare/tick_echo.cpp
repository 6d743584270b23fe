// SPDX-License-Identifier: Apache-2.0
// The limit of the machine for a server that polls once a millisecond. One edge-triggered epoll has all sockets. It is
// polled at each tick, without waiting. Then each socket with data gets recv and send.
//
// Its only knowledge of AudioSocket: the id is not sent back. One thread. A peer that does not take its echo loses its
// call.
#include "bare.hpp"
#include "tick_clock.hpp"

#include <sys/epoll.h>

#include <span>

namespace {

constexpr std::size_t events_max = 4096; // taken at once; others in the next tick

class echo_server {
  public:
    explicit echo_server(int listener)
        : listener_(listener), epoll_(bare::checked(::epoll_create1(0), "epoll_create1")), events_(events_max) {
        watch(listener_, EPOLLIN);
    }

    [[noreturn]] void run() {
        for (bare::tick_clock clock;; clock.sleep()) {
            const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
            for (const auto& event : std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)))) {
                if (event.data.fd == listener_)
                    accept_all();
                else
                    bare::echo(event.data.fd, ids_);
            }
        }
    }

  private:
    void watch(int socket, unsigned what) {
        epoll_event event{};
        event.events = what;
        event.data.fd = socket;
        bare::checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
    }

    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (socket < 0) return;
            bare::no_delay(socket);
            ids_.expect(socket);
            watch(socket, EPOLLIN | EPOLLET);
        }
    }

    int listener_;
    int epoll_;
    std::vector<epoll_event> events_;
    bare::ids ids_;
};

} // namespace

int main(int argc, char** argv) {
    echo_server(bare::listen_at(argc, argv, SOCK_NONBLOCK)).run();
}
