// SPDX-License-Identifier: Apache-2.0
// The limit of the machine for a server whose calls have turns (ADR 6): one timer a millisecond, and each call is read
// when its frame is due, 20 ms after the last one. No epoll. A read that finds nothing is repeated a millisecond later.
// After a delay the turns that were missed are taken one after another, each in its own tick.
//
// Its only knowledge of AudioSocket: the id is not sent back. One thread. A peer that does not take its echo loses its
// call.
#include "bare.hpp"
#include "tick_clock.hpp"

#include <array>

namespace {

constexpr std::size_t frame_ticks = 20;
constexpr std::size_t slots = 32; // more than frame_ticks, so that no turn falls into its own slot

class echo_server {
  public:
    explicit echo_server(int listener) : listener_(listener) {}

    [[noreturn]] void run() {
        bare::tick_clock clock;
        for (std::size_t tick = 0;; tick += clock.sleep()) {
            for (; done_ <= tick; ++done_)
                take_turns(done_);
            accept_all();
        }
    }

  private:
    // A call has its next turn in a later slot. A call that has ended has none.
    void take_turns(std::size_t tick) {
        due_.swap(wheel_[tick % slots]);
        for (const int socket : due_)
            if (const auto wait = echo(socket); wait > 0) wheel_[(tick + wait) % slots].push_back(socket);
        due_.clear();
    }

    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (socket < 0) return;
            bare::no_delay(socket);
            ids_.expect(socket);
            wheel_[done_ % slots].push_back(socket);
        }
    }

    // Returns the ticks until the next read; 0 if the call has ended.
    std::size_t echo(int socket) {
        switch (bare::echo(socket, ids_)) {
        case bare::echoed::nothing: return 1;
        case bare::echoed::bytes: return frame_ticks;
        case bare::echoed::end: break;
        }
        return 0;
    }

    int listener_;
    std::size_t done_ = 0;
    std::array<std::vector<int>, slots> wheel_;
    std::vector<int> due_;
    bare::ids ids_;
};

} // namespace

int main(int argc, char** argv) {
    echo_server(bare::listen_at(argc, argv, SOCK_NONBLOCK)).run();
}
