// SPDX-License-Identifier: Apache-2.0
#include "check/line.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace audiosocket::app::check {
namespace {

constexpr timeval connect_patience{asterisk::connect_max / std::chrono::seconds(1), 0};

// If the server reads nothing for this long while we send, it will not read later.
constexpr milliseconds send_patience{1000};

// One read takes a burst of audio at the highest rate; and the number of reads before other lines get their turn.
constexpr std::size_t read_bytes = 64 * 1024;
constexpr int reads_in_a_row = 16;

// The overhead of an allocation, rounded up.
constexpr std::size_t allocation_bytes = 32;

void set(int socket, int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof value);
}

} // namespace

line::line(const tcp::endpoint& server, const buffers& how) : framing_(diagnosis::sender::server) {
    socket_ = file_descriptor(::socket(server.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket_) {
        connect_error_ = errno;
        end_ = ending::never_connected;
        return;
    }
    if (how.receive_bytes > 0) set(socket_.get(), SOL_SOCKET, SO_RCVBUF, how.receive_bytes);
    if (how.send_bytes > 0) set(socket_.get(), SOL_SOCKET, SO_SNDBUF, how.send_bytes);
    set(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &connect_patience, sizeof connect_patience); // bounds connect()
    if (::connect(socket_.get(), server.data(), static_cast<socklen_t>(server.size())) != 0) {
        connect_error_ = errno == EINPROGRESS ? ETIMEDOUT : errno; // Linux reports an expired SO_SNDTIMEO in this way
        end(ending::never_connected, clock::now());
    }
}

line::line(file_descriptor socket) : socket_(std::move(socket)), framing_(diagnosis::sender::caller) {
    set(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void line::end(ending how, time_point now) {
    if (end_ != ending::none) return;
    end_ = how;
    ended_at_ = now;
    source_ = nullptr;
    if (how != ending::finished) close();
}

bool line::send_at_once(std::span<const std::byte> what) {
    if (!socket_) return false;
    const auto sent = ::send(socket_.get(), what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == static_cast<ssize_t>(what.size());
}

void line::forget() {
    received_.clear();
    bytes_kept_ = 0;
}

bool line::send(std::span<const std::byte> what) {
    const auto limit = clock::now() + send_patience;
    while (!what.empty()) {
        if (!socket_ || clock::now() > limit) return false;
        const auto sent = ::send(socket_.get(), what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            what = what.subspan(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
            wait_for_room();
        else
            return false;
    }
    return true;
}

// Reads meanwhile, because the server may wait for that; sends no frame in the middle of a message.
void line::wait_for_room() {
    const audio_source kept = std::exchange(source_, nullptr);
    pass(milliseconds(5));
    if (open()) source_ = kept;
}

bool line::send(const outgoing_message& m) {
    return send(m.to_bytes());
}

void line::send_audio(audio_source from, kind as, milliseconds ptime) {
    source_ = std::move(from);
    source_kind_ = as;
    ptime_ = ptime;
    next_frame_ = clock::now();
}

void line::send_due_frames(time_point now) {
    while (source_ && now >= next_frame_) {
        std::vector<std::int16_t> frame(
            static_cast<std::size_t>(rate_hz(source_kind_) * static_cast<int>(ptime_.count()) / 1000));
        source_(frame);
        error_code refused;
        const auto message = audio_message(source_kind_, std::as_bytes(std::span(frame)), refused);
        assert(!refused);
        if (!send_at_once(message.to_bytes())) {
            choked_ = true;
            source_ = nullptr;
            return;
        }
        ++frames_sent_;
        next_frame_ += ptime_;
    }
}

void line::close_sending() {
    source_ = nullptr;
    if (socket_) shutdown(socket_.get(), SHUT_WR);
}

void line::reset() {
    const linger at_once{1, 0};
    if (socket_) setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    source_ = nullptr;
    close();
}

void line::read(time_point now) {
    std::array<std::byte, read_bytes> buffer;
    for (int reads = 0; reads < reads_in_a_row && open() && socket_; ++reads) {
        const auto n = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n == 0) return end(ending::finished, now);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) return end(ending::reset, now);
        bytes_received_ += static_cast<std::size_t>(n);
        framing_.feed(std::span(buffer).first(static_cast<std::size_t>(n)));
        if (incoming_.in_message())
            pause_ = std::max<nanoseconds>(pause_, now - last_bytes_);
        else
            begun_ = now;
        last_bytes_ = now;
        incoming_.feed(std::span(buffer).first(static_cast<std::size_t>(n)));
        take(now);
        if (bytes_kept_ > kept_bytes_max || received_.size() > kept_messages_max) return end(ending::flooded, now);
    }
}

void line::take(time_point now) {
    while (const auto m = incoming_.next()) {
        received_.push_back({m->kind, bytes(m->payload.begin(), m->payload.end()), begun_, now, pause_});
        bytes_kept_ += sizeof(received_message) + allocation_bytes + m->payload.size();
        begun_ = now;
        pause_ = {};
    }
}

bool line::pass(std::span<line* const> lines, nanoseconds limit, const std::function<bool()>& done) {
    std::vector<pollfd> files(lines.size());
    const auto until = clock::now() + limit;
    for (;;) {
        auto now = clock::now();
        auto wake = until;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            line& l = *lines[i];
            l.send_due_frames(now);
            if (l.source_) wake = std::min(wake, l.next_frame_);
            files[i] = {l.open() && l.reading_ ? l.socket_.get() : -1, POLLIN, 0};
        }
        if (done && done()) return true;
        if (now >= until) return false;
        const auto wait = std::max<nanoseconds>(wake - now, nanoseconds(0));
        const timespec for_ppoll{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
        if (ppoll(files.data(), files.size(), &for_ppoll, nullptr) <= 0) continue;
        now = clock::now();
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (files[i].revents != 0) lines[i]->read(now);
    }
}

bool line::pass(nanoseconds limit, const std::function<bool()>& done) {
    line* const self = this;
    return pass(std::span(&self, 1), limit, done);
}

std::optional<diagnosis::finding> line::something_else() const {
    auto judge = framing_;
    judge.end();
    return judge.result();
}

std::vector<std::int16_t> line::samples() const {
    std::vector<std::int16_t> all;
    for (const auto& m : received_) {
        if (!is_audio(m.kind)) continue;
        const auto at = all.size();
        all.resize(at + m.payload.size() / 2);
        std::memcpy(all.data() + at, m.payload.data(), m.payload.size() / 2 * 2);
    }
    return all;
}

std::size_t line::frames() const {
    return static_cast<std::size_t>(std::ranges::count_if(received_, [](const auto& m) { return is_audio(m.kind); }));
}

} // namespace audiosocket::app::check
