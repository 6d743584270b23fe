// SPDX-License-Identifier: Apache-2.0
#include "hostile/hostile_callers.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace audiosocket::test {
namespace {

constexpr std::chrono::milliseconds tick{1};

// A server sends 800 bytes to a caller in this time, or 38 KB at 192 kHz: its socket is never full.
constexpr std::size_t ticks_between_reads = 100;

// What a flood sends in a row before the other callers get their turns.
constexpr int floods_a_tick = 64;

} // namespace

hostile_callers::hostile_callers(const app::bench::endpoint& server, attack what)
    : server_(server), what_(std::move(what)) {
    callers_.reserve(what_.callers);
    for (std::size_t i = 0; i < what_.callers; ++i) {
        caller c;
        if (c.socket.connect_and_wait(server) != 0) continue;
        auto first = what_.without_id ? std::vector<std::byte>() : id_message(uuid::random()).to_bytes();
        first.insert(first.end(), what_.once.begin(), what_.once.end());
        if (!first.empty()) static_cast<void>(c.socket.send(first));
        callers_.push_back(std::move(c));
    }
    connected_ = callers_.size();
}

void hostile_callers::begin() {
    const auto now = clock::now();
    for (std::size_t i = 0; i < callers_.size(); ++i)
        callers_[i].due =
            now + (what_.together ? std::chrono::nanoseconds(0)
                                  : std::chrono::nanoseconds(what_.interval) * static_cast<std::int64_t>(i) /
                                        static_cast<std::int64_t>(callers_.size()));
    if (!callers_.empty()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void hostile_callers::run(const std::stop_token& stop) {
    // Callers that send seldom, or never, are only looked at when they are read. Thousands of them must not cost more
    // than the server.
    const bool seldom = !what_.together && (what_.repeated.empty() || what_.interval >= 2 * ticks_between_reads * tick);
    const std::size_t step = seldom ? ticks_between_reads : 1;
    auto due = clock::now();
    for (std::size_t ticks = 0; !stop.stop_requested(); ++ticks) {
        for (std::size_t i = ticks % step; i < callers_.size(); i += step) {
            caller& c = callers_[i];
            if (c.over) continue;
            send(c, clock::now());
            if (i % ticks_between_reads == ticks % ticks_between_reads) drain(c);
        }
        due += tick;
        std::this_thread::sleep_until(due);
    }
}

void hostile_callers::send(caller& c, time_point now) {
    if (what_.resets) return reset(c, now);
    if (what_.repeated.empty()) return;
    const bool floods = what_.interval == std::chrono::milliseconds(0);
    for (int i = 0; i < floods_a_tick; ++i) {
        if (c.rest == 0) {
            if (!floods && now < c.due) return;
            c.due += what_.interval;
            c.rest = what_.repeated.size();
        }
        const auto rest = std::span(what_.repeated).last(c.rest);
        const auto sent = ::send(c.socket.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) return end(c);
        if (sent <= 0) return;
        c.rest -= static_cast<std::size_t>(sent);
    }
}

void hostile_callers::reset(caller& c, time_point now) {
    if (now < c.due) return;
    c.due += what_.interval;
    const linger at_once{1, 0};
    setsockopt(c.socket.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    c.socket.close();
    if (c.socket.connect(server_) != 0) end(c); // a pending connect is enough
}

void hostile_callers::drain(caller& c) {
    constexpr std::size_t all = 16 * 1024 * 1024;
    const auto n = recv(c.socket.descriptor(), nullptr, all, MSG_TRUNC | MSG_DONTWAIT); // the kernel throws it away
    if (!what_.resets && (n == 0 || (n < 0 && errno != EAGAIN))) end(c);
}

void hostile_callers::end(caller& c) {
    c.over = true;
    c.socket.close();
    --connected_;
}

} // namespace audiosocket::test
