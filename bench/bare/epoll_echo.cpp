// SPDX-License-Identifier: Apache-2.0
// The limit of the machine for a server that is woken by each frame: epoll_wait, recv, send, and nothing else.
//
// Its only knowledge of AudioSocket: the id is not sent back. One thread. A peer that does not take its echo loses its
// call.
#include "bare.hpp"

#include <sys/epoll.h>

#include <array>
#include <span>

namespace {

class echo_server {
  public:
    explicit echo_server(int listener)
        : listener_(listener), epoll_(bare::checked(::epoll_create1(0), "epoll_create1")) {
        watch(listener_);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 64> events;
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (const auto& event : std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
                if (event.data.fd == listener_)
                    accept_all();
                else
                    bare::echo(event.data.fd, ids_);
            }
        }
    }

  private:
    void watch(int socket) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = socket;
        bare::checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
    }

    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (socket < 0) return;
            bare::no_delay(socket);
            ids_.expect(socket);
            watch(socket);
        }
    }

    int listener_;
    int epoll_;
    bare::ids ids_;
};

} // namespace

int main(int argc, char** argv) {
    echo_server(bare::listen_at(argc, argv, SOCK_NONBLOCK)).run();
}
