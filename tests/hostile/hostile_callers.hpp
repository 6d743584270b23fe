// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/call_socket.hpp"
#include "hostile/attack.hpp"

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <thread>
#include <vector>

namespace audiosocket::test {

/// The callers of an attack, all on one thread. They read what the server sends, and throw it away.
class hostile_callers {
  public:
    /// Connects all callers and sends their ids, and what they send once. Callers that the server refuses are left out.
    hostile_callers(const app::bench::endpoint& server, attack what);
    hostile_callers(const hostile_callers&) = delete;
    hostile_callers& operator=(const hostile_callers&) = delete;

    /// Lets them send from now on.
    void begin();

    /// Returns how many are still connected.
    std::size_t connected() const noexcept { return connected_; }

  private:
    struct caller {
        app::bench::call_socket socket;
        time_point due;
        std::size_t rest = 0; // bytes of `repeated` that the socket did not take yet
        bool over = false;
    };

    void run(const std::stop_token& stop);
    void send(caller& c, time_point now);
    void reset(caller& c, time_point now);
    void drain(caller& c);
    void end(caller& c);

    const app::bench::endpoint server_;
    const attack what_;
    std::vector<caller> callers_;
    std::atomic<std::size_t> connected_ = 0;
    std::jthread thread_; // last: it uses the others
};

} // namespace audiosocket::test
