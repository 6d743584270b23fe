// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace audiosocket::test {

/// Connects to a port of the loopback interface again and again, from its own thread, and drops each connection a
/// little later with a reset. Its address is 127.66.0.x.
class flood {
  public:
    flood(std::uint16_t port, int connects_a_second)
        : port_(port), pause_(std::chrono::nanoseconds(1'000'000'000) / connects_a_second), from_(clock::now()),
          thread_([this] { run(); }) {}
    flood(const flood&) = delete;
    flood& operator=(const flood&) = delete;
    ~flood() { stop(); }

    /// Ends it. Returns how many connects a second it made.
    double stop() {
        if (thread_.joinable()) {
            over_ = true;
            thread_.join();
            seconds_ = std::chrono::duration<double>(clock::now() - from_).count();
        }
        return static_cast<double>(connects_) / seconds_;
    }

  private:
    using clock = std::chrono::steady_clock;

    void run() {
        std::array<int, 256> open{};
        open.fill(-1);
        for (auto due = clock::now(); !over_; due += pause_) {
            if (due > clock::now()) std::this_thread::sleep_until(due);
            int& slot = open[connects_++ % open.size()];
            drop(slot);
            slot = connect();
        }
        for (int s : open)
            drop(s);
    }

    int connect() const {
        const int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int late = 1; // the port is chosen with the other side, so that there are enough of them
        setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
        const linger reset{1, 0};
        setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        const auto host = static_cast<std::uint32_t>(0x7f420001 + connects_ % 16);
        const sockaddr_in own = at(host, 0);
        const sockaddr_in server = at(INADDR_LOOPBACK, port_);
        bind(s, reinterpret_cast<const sockaddr*>(&own), sizeof own);
        // A pending connect is enough, and a refusal is what it asks for.
        static_cast<void>(::connect(s, reinterpret_cast<const sockaddr*>(&server), sizeof server));
        return s;
    }

    static sockaddr_in at(std::uint32_t host, std::uint16_t port) {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(host);
        a.sin_port = htons(port);
        return a;
    }

    static void drop(int s) {
        if (s >= 0) close(s);
    }

    const std::uint16_t port_;
    const std::chrono::nanoseconds pause_;
    const clock::time_point from_;
    std::atomic<bool> over_ = false;
    std::uint64_t connects_ = 0;
    double seconds_ = 1;
    std::thread thread_; // last: it uses the others
};

} // namespace audiosocket::test
