// SPDX-License-Identifier: Apache-2.0
#include "hostile/good_callers.hpp"

#include "base/failure.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

namespace audiosocket::test {
namespace {

constexpr std::chrono::milliseconds frame_time{20};
constexpr std::size_t frame_bytes = 320; // of 8 kHz

std::vector<std::byte> silent_frame() {
    const std::vector<std::byte> payload(frame_bytes, std::byte{0});
    error_code none;
    return audio_message(kind::slin, payload, none).to_bytes();
}

} // namespace

good_callers::good_callers(const app::bench::endpoint& server, std::size_t calls) : calls_(calls) {
    stamps_.adjust();
    for (call& c : calls_) {
        if (c.socket.connect_and_wait(server) != 0)
            throw app::failure(app::exit_code::network, "the server refuses a call");
        static_cast<void>(c.socket.send(id_message(uuid::random()).to_bytes()));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void good_callers::run(const std::stop_token& stop) {
    auto due = clock::now();
    while (!stop.stop_requested()) {
        std::vector<pollfd> files;
        {
            const std::lock_guard lock(mutex_);
            if (clock::now() >= due) {
                send_frames();
                due += frame_time;
            }
            for (const call& c : calls_)
                files.push_back({c.over ? -1 : c.socket.descriptor(), POLLIN, 0});
        }
        const auto wait = std::max(std::chrono::nanoseconds(due - clock::now()), std::chrono::nanoseconds(0));
        const timespec for_ppoll{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
        if (ppoll(files.data(), files.size(), &for_ppoll, nullptr) <= 0) continue;
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < calls_.size(); ++i)
            if (files[i].revents != 0) read(calls_[i]);
    }
}

void good_callers::send_frames() {
    static const auto frame = silent_frame();
    for (call& c : calls_)
        if (!c.over && c.socket.send(frame) == app::bench::call_socket::sending::broken) c.over = true;
}

// In pieces of a frame, because each frame has its own time.
void good_callers::read(call& c) {
    std::array<std::byte, header_bytes + frame_bytes> buffer;
    for (;;) {
        const auto piece = c.socket.receive(buffer, stamps_);
        if (piece.what == app::bench::call_socket::reading::nothing) return;
        if (piece.what != app::bench::call_socket::reading::bytes) {
            c.over = true;
            return;
        }
        c.incoming.feed(std::span(buffer).first(piece.bytes));
        while (const auto m = c.incoming.next())
            if (is_audio(m->kind)) c.frames.push_back(piece.at);
    }
}

std::vector<good_callers::result> good_callers::received(time_point from, time_point to) const {
    const std::lock_guard lock(mutex_);
    std::vector<result> all;
    for (const call& c : calls_) {
        result one;
        std::vector<std::chrono::nanoseconds> between;
        time_point last = from;
        for (const time_point at : c.frames) {
            if (at < from || at > to) continue;
            ++one.frames;
            one.longest_gap = std::max<std::chrono::nanoseconds>(one.longest_gap, at - last);
            between.emplace_back(at - last);
            last = at;
        }
        one.longest_gap = std::max<std::chrono::nanoseconds>(one.longest_gap, to - last);
        std::ranges::sort(between);
        if (!between.empty()) one.p99 = between[between.size() * 99 / 100];
        all.push_back(one);
    }
    return all;
}

} // namespace audiosocket::test
