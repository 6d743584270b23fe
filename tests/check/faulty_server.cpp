// SPDX-License-Identifier: Apache-2.0
// An AudioSocket server that makes one mistake, which proves that `audiosocket check` finds it. Without a fault the
// server is correct: it echoes, obeys the ids of check::request, and passes every case.
//
// One thread and one poll loop, written without our library's call and net rooms, so that it cannot share their errors.
// Usage: faulty_server FAULT [CAP]; prints its port, and on SIGUSR1 hands its listener over to a successor.

#include "base/check_request.hpp"
#include "check/faults.hpp"
#include "check/test_audio.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/tone.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace audiosocket::test {
namespace {

using app::check::request;
using std::chrono::milliseconds;

constexpr milliseconds frame_time{20};
constexpr milliseconds id_timeout{2000};
constexpr milliseconds message_timeout{2000};
constexpr milliseconds linger{1000};
constexpr milliseconds drain{2000};
constexpr std::size_t queue_max_seconds = 3;

std::string_view broken; // the fault's name
bool is(std::string_view fault) {
    return broken == fault;
}

volatile std::sig_atomic_t end_requested = 0;
volatile std::sig_atomic_t hand_over_requested = 0;

struct connection {
    int socket = -1;
    time_point since = clock::now();
    time_point heard_at = clock::now();
    time_point message_began{};
    std::vector<std::byte> in;
    std::size_t pieces = 0;      // reads that the message at the front of `in` took
    std::size_t first_piece = 0; // and the size of the first one
    std::optional<uuid> id;
    std::optional<request> asked;
    kind speaks = kind::slin;
    std::deque<std::int16_t> queue;
    std::optional<tone> playing;
    time_point playing_until{};
    time_point next_frame{};
    time_point stalled_until{};
    std::vector<std::byte> half; // carried over by a fault
    bool is_voice = false;       // the caller speaks as in the cases about sound
    bool header_played = false;
    std::vector<std::int16_t> held_back; // for a burst
    std::size_t audio_messages = 0;
    std::size_t short_messages = 0;
    std::size_t frames_sent = 0;
    bool silenced = false;
    bool peer_done = false;
    time_point close_at = time_point::max(); // fin was sent, or is to be
    bool fin_sent = false;
};

class server {
  public:
    explicit server(std::size_t cap) : cap_(cap) {
        acceptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        bind(acceptor_, reinterpret_cast<sockaddr*>(&where), size);
        listen(acceptor_, 4096);
        getsockname(acceptor_, reinterpret_cast<sockaddr*>(&where), &size);
        std::printf("%d\n", ntohs(where.sin_port));
        std::fflush(stdout);
    }

    void run() {
        while (!finished()) {
            std::vector<pollfd> files{{acceptor_, static_cast<short>(may_accept() ? POLLIN : 0), 0}};
            for (const auto& c : calls_)
                files.push_back({c.peer_done ? -1 : c.socket, static_cast<short>(reads(c) ? POLLIN : 0), 0});
            poll(files.data(), files.size(), wait_ms());
            obey_signals();
            auto file = files.begin() + 1;
            for (auto& c : calls_)
                if (const auto seen = (file++)->revents; seen != 0) read(c, (seen & POLLERR) != 0);
            if (files[0].revents != 0) accept_all();
            for (auto& c : calls_)
                tick(c);
            calls_.remove_if([](const connection& c) { return c.socket < 0; });
        }
    }

  private:
    bool finished() const {
        if (draining_since_ == time_point::max()) return false;
        return is("dies-at-sigterm") || (calls_.empty());
    }
    bool may_accept() const { return acceptor_ >= 0 && clock::now() >= accept_again_; }
    static bool reads(const connection& c) {
        return !is("reads-when-its-application-does") || clock::now() >= c.stalled_until;
    }
    int wait_ms() const {
        auto next = clock::now() + milliseconds(50);
        for (const auto& c : calls_)
            if (speaks_now(c)) next = std::min(next, c.next_frame);
        const auto left = std::chrono::ceil<milliseconds>(next - clock::now()).count();
        return static_cast<int>(std::max<long>(0, left));
    }

    void obey_signals() {
        if (end_requested != 0 && draining_since_ == time_point::max()) {
            draining_since_ = clock::now();
            if (acceptor_ >= 0) close(acceptor_);
            acceptor_ = -1;
        }
        if (std::exchange(hand_over_requested, 0) != 0 && acceptor_ >= 0) {
            if (is("refuses-during-hand-over")) {
                close(acceptor_);
                acceptor_ = -1;
                return;
            }
            if (fork() == 0) {                    // the successor owns the listener, but not the calls
                prctl(PR_SET_PDEATHSIG, SIGKILL); // it must not outlive the test
                for (auto& c : calls_)
                    close(c.socket);
                calls_.clear();
            } else {
                close(acceptor_);
                acceptor_ = -1;
            }
        }
    }

    void accept_all() {
        for (;;) {
            const int s = accept4(acceptor_, nullptr, nullptr, SOCK_NONBLOCK);
            if (s < 0) {
                const bool lack = errno == EMFILE || errno == ENFILE;
                if (lack && !is("spins-without-descriptors")) accept_again_ = clock::now() + milliseconds(100);
                return;
            }
            const bool full = calls_.size() >= cap_ && !is("has-no-cap");
            if (full && !is("has-few-slots")) { // the connection without an id makes room
                const auto silent = std::ranges::find_if(calls_, [](const auto& c) { return !c.id; });
                if (silent == calls_.end()) {
                    close(s);
                    continue;
                }
                close(silent->socket);
                calls_.erase(silent);
            } else if (full) {
                close(s);
                continue;
            }
            const int yes = 1;
            setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            if (is("leaks-descriptors") && ++accepted_ % 10 == 0) static_cast<void>(open("/dev/null", O_RDONLY));
            if (is("leaks-memory")) std::memset(new char[64 * 1024], 1, 64 * 1024);
            calls_.emplace_back().socket = s;
        }
    }

    void read(connection& c, bool failed) {
        std::array<std::byte, 65'536> buffer;
        const bool slow = is("works-without-a-budget"); // it would work for seconds for absent callers
        if (slow && failed) return drop(c);
        for (int reads = 0; reads < (slow ? 1 : 4); ++reads) {
            const auto n = recv(c.socket, buffer.data(), slow ? 1024 : buffer.size(), 0);
            if (n < 0 && errno == EAGAIN) return;
            if (n < 0) {
                if (is("stops-at-a-reset")) std::exit(1);
                return drop(c);
            }
            if (n == 0) return take_fin(c);
            c.heard_at = clock::now();
            if (c.in.empty()) c.message_began = c.heard_at, c.first_piece = static_cast<std::size_t>(n), c.pieces = 0;
            if (is("counts-bytes-as-life")) c.message_began = c.since = c.heard_at;
            ++c.pieces;
            c.in.insert(c.in.end(), buffer.begin(), buffer.begin() + n);
            take_all(c);
            if (c.socket < 0) return;
        }
    }

    void take_fin(connection& c) {
        c.peer_done = true;
        if (!c.id && is("keeps-closed-connections")) return;
        if (c.in.size() == 2 && is("keeps-half-headers")) return;
        if (c.in.size() > 3 && is("keeps-half-payloads")) return;
        const bool plays_on = c.queue.size() > 1000 && is("plays-on-after-fin");
        if (plays_on || (c.id && is("closes-late"))) {
            c.close_at = clock::now() + milliseconds(plays_on ? 8000 : 300);
            return;
        }
        drop(c);
    }

    void take_all(connection& c) {
        while (c.socket >= 0 && c.close_at == time_point::max()) {
            if (!c.id && !c.in.empty() && !may_begin(c)) return;
            if (c.in.size() < header_bytes) return;
            const auto h = read_header(std::span(c.in).first<header_bytes>());
            if (!c.id && h.kind == kind::id && h.payload_bytes != uuid::size_bytes && !is("takes-ids-of-15-bytes"))
                return drop(c);
            std::size_t size = header_bytes + h.payload_bytes;
            if (h.kind == kind::dtmf && is("reads-past-digits")) size = header_bytes + 1;
            if (c.in.size() < size) return;
            const std::vector<std::byte> payload(c.in.begin() + header_bytes,
                                                 c.in.begin() + static_cast<std::ptrdiff_t>(size));
            const bool damaged = (c.pieces > 50 && is("gives-up-on-drips")) ||
                                 (c.pieces == 2 && c.first_piece == 100 && is("misreads-a-split"));
            c.in.erase(c.in.begin(), c.in.begin() + static_cast<std::ptrdiff_t>(size));
            c.message_began = clock::now();
            if (!damaged) take(c, h.kind, payload);
            c.pieces = 1;
        }
    }

    // Returns whether these can be the first bytes of a call.
    bool may_begin(connection& c) {
        const auto first = static_cast<kind>(c.in.front());
        if (is("answers-http") && c.in.front() == std::byte{'G'}) {
            static_cast<void>(send(c.socket, "HTTP/1.1 400\r\n\r\n", 16, MSG_NOSIGNAL));
            c.in.clear();
            c.since = clock::now() + std::chrono::hours(1);
            return false;
        }
        if (first == kind::slin && is("takes-audio-without-id")) {
            begin(c, uuid{});
            return true;
        }
        const bool whole_enough = !is("wants-the-id-whole") || c.in.size() >= header_bytes + uuid::size_bytes;
        if (first == kind::id && whole_enough) return true;
        drop(c);
        return false;
    }

    void begin(connection& c, const uuid& id) {
        c.id = id;
        c.asked = app::check::requested_by(id);
        c.next_frame = clock::now();
    }

    void take(connection& c, kind k, const std::vector<std::byte>& payload) {
        if (!c.id) {
            std::array<std::byte, 16> raw{};
            std::copy_n(payload.begin(), std::min<std::size_t>(payload.size(), 16), raw.begin());
            return begin(c, uuid::from_bytes(raw));
        }
        if (is_audio(k)) return take_audio(c, k, payload);
        switch (k) {
        case kind::id:
            if (!is("ignores-a-second-id")) end(c);
            return;
        case kind::hangup:
            if (is(payload.empty() ? "ignores-hangup" : "ignores-hangup-with-payload")) return;
            return end(c);
        case kind::error:
            if (!is("ignores-errors")) end(c);
            return;
        case kind::dtmf:
            if (payload.size() == 1 && is_dtmf_digit(static_cast<char>(payload[0])))
                press(c, static_cast<char>(payload[0]));
            return;
        default:
            if (is("closes-on-unknown-kinds")) end(c);
        }
    }

    void take_audio(connection& c, kind k, std::vector<std::byte> payload) {
        const std::size_t n = payload.size();
        if (n == 0 && is("spins-on-empty-audio"))
            for (const auto until = clock::now() + milliseconds(400); clock::now() < until;) {
            }
        if (c.audio_messages++ == 0) c.is_voice = payload == first_of_a_voice();
        if (n == 160) ++c.short_messages;
        if (c.audio_messages == 3 && is("loses-a-frame")) return;
        if ((n == 160 || n == 480 || n == 640 || n == 960) && k == kind::slin && is("knows-320-bytes-only")) return;
        if (n > 60'000 && is("chokes-on-long-messages")) c.silenced = true;
        if (c.short_messages > 20 && is("chokes-on-ulaw")) c.silenced = true;
        if (is("works-on-each-frame")) std::this_thread::sleep_for(milliseconds(3));
        if (k == kind::slin44 && is("takes-slin44-for-slin48")) k = kind::slin48;
        if (c.audio_messages > 1 && is("takes-the-first-kind-for-all")) k = c.speaks;
        if (clock::now() < c.stalled_until) return; // the application takes nothing
        if (is("carries-half-a-sample")) {
            payload.insert(payload.begin(), c.half.begin(), c.half.end());
            c.half.clear();
            if (payload.size() % 2 != 0) c.half.push_back(payload.back());
        }
        if (k != c.speaks) c.queue.clear();
        if (k != c.speaks && is("works-without-a-budget")) std::this_thread::sleep_for(std::chrono::microseconds(100));
        c.speaks = k;
        const std::size_t most = is("keeps-one-second") ? 1 : queue_max_seconds;
        connection& to = is("finds-calls-by-id") ? first_with(*c.id) : c;
        for (std::size_t i = 0; i + 1 < payload.size(); i += 2)
            if (to.queue.size() < most * static_cast<std::size_t>(rate_hz(k)))
                to.queue.push_back(static_cast<std::int16_t>(std::to_integer<unsigned>(payload[i]) |
                                                             std::to_integer<unsigned>(payload[i + 1]) << 8));
    }

    connection& first_with(const uuid& id) {
        return *std::ranges::find_if(calls_, [&](const connection& c) { return c.id == id; });
    }

    void press(connection& c, char digit) {
        using namespace app::check;
        if (is("sends-digits-back")) {
            error_code fine;
            put(c, dtmf_message(digit, fine).to_bytes());
        }
        if (!c.asked) return;
        switch (*c.asked) {
        case request::stall: c.stalled_until = clock::now() + stall_time; break;
        case request::hang_up: end(c); break;
        case request::spell: {
            const std::vector<std::int16_t> word(spelled_samples, spelled(digit));
            c.queue.insert(is("hears-digits-first") ? c.queue.begin() : c.queue.end(), word.begin(), word.end());
            break;
        }
        case request::play:
            if (c.playing && !is("plays-to-the-end")) {
                c.playing.reset();
            } else {
                c.playing.emplace(tone_hz, 8000);
                c.playing_until = clock::now() + tone_time;
            }
        }
    }

    // --- Saying something ---

    void tick(connection& c) {
        const auto now = clock::now();
        if (c.socket < 0) return;
        const bool waits = is("waits-for-the-id-for-ever");
        if (!c.id && now > c.since + id_timeout && !waits) return drop(c);
        if (c.id && !c.in.empty() && now > c.message_began + message_timeout) return drop(c);
        if (is("hangs-up-on-silence") && c.id && now > c.heard_at + milliseconds(20'000)) return end(c);
        if (c.id && draining_since_ != time_point::max() && now > draining_since_ + drain) end(c);
        if (now > c.close_at) return drop(c);
        if (!speaks_now(c)) return;
        if (now - c.next_frame > 2 * frame_time) c.next_frame = now - 2 * frame_time; // three at once, and no more
        while (now >= c.next_frame && c.socket >= 0) {
            say_frame(c);
            c.next_frame += frame_time;
            ++c.frames_sent;
            if (is("runs-fast")) c.next_frame -= std::chrono::microseconds(100);
            if (is("jitters")) c.next_frame += milliseconds(c.frames_sent % 2 == 0 ? 12 : -12);
            const bool caller_is_silent = now > c.heard_at + milliseconds(500);
            if (is("pauses-with-the-caller") && caller_is_silent && c.frames_sent % 50 == 0)
                c.next_frame += milliseconds(100);
        }
    }

    static bool speaks_now(const connection& c) {
        if (!c.id || c.fin_sent || c.peer_done || c.silenced) return false;
        if (is("waits-to-hear") && c.audio_messages == 0) return false;
        return !is("stalls-with-its-application") || clock::now() >= c.stalled_until;
    }

    void say_frame(connection& c) {
        std::vector<std::int16_t> frame(static_cast<std::size_t>(rate_hz(c.speaks) / 50));
        if (c.playing && clock::now() < c.playing_until) {
            c.playing->fill(frame);
        } else if (clock::now() >= c.stalled_until) {
            if (is("slips-a-sample") && c.frames_sent == 100 && !c.queue.empty()) c.queue.pop_front();
            const auto n = std::min(frame.size(), c.queue.size());
            std::copy_n(c.queue.begin(), n, frame.begin());
            c.queue.erase(c.queue.begin(), c.queue.begin() + static_cast<std::ptrdiff_t>(n));
        }
        if (c.is_voice) return say_voice(c, std::move(frame));
        error_code fine;
        put(c, audio_message(c.speaks, std::as_bytes(std::span(frame)), fine).to_bytes());
    }

    static const std::vector<std::byte>& first_of_a_voice() {
        static const auto first = [] {
            const auto samples = app::check::voice().take(160);
            const auto bytes = std::as_bytes(std::span(samples));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        }();
        return first;
    }

    // Faults of sound, which only one case may find.
    static void say_voice(connection& c, std::vector<std::int16_t> frame) {
        if (is("answers-a-voice-in-bursts")) {
            c.held_back.insert(c.held_back.end(), frame.begin(), frame.end());
            if (c.held_back.size() < 4000) return;
            frame = std::exchange(c.held_back, {});
        }
        if (is("doubles-the-rate-of-a-voice")) {
            std::vector<std::int16_t> twice;
            for (const auto s : frame)
                twice.insert(twice.end(), 2, s);
            frame = std::move(twice);
        }
        if (is("swaps-the-bytes-of-a-voice"))
            for (auto& s : frame)
                s = static_cast<std::int16_t>(static_cast<std::uint16_t>(s) >> 8 | static_cast<std::uint16_t>(s) << 8);
        const auto slin = std::as_bytes(std::span(frame));
        std::vector<std::byte> payload(slin.begin(), slin.end());
        if (is("plays-a-header-before-a-voice") && !std::exchange(c.header_played, true))
            std::memcpy(payload.data(), "RIFF\0\0\0\0WAVEfmt ", 16);
        if (is("answers-a-voice-in-ulaw")) {
            payload.resize(frame.size());
            encode(encoding::ulaw, frame, payload);
        }
        error_code fine;
        put(c, audio_message(kind::slin, payload, fine).to_bytes());
    }

    static void put(connection& c, const std::vector<std::byte>& message) {
        if (is("sends-in-pieces")) {
            static_cast<void>(send(c.socket, message.data(), 3, MSG_NOSIGNAL));
            std::this_thread::sleep_for(milliseconds(6));
            static_cast<void>(send(c.socket, message.data() + 3, message.size() - 3, MSG_NOSIGNAL));
            return;
        }
        for (std::span<const std::byte> rest = message; !rest.empty();) {
            const auto n = send(c.socket, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (n > 0) rest = rest.subspan(static_cast<std::size_t>(n));
            if (rest.empty()) return;
            const bool full = n > 0 || errno == EAGAIN;
            if (!full || !is("sends-with-patience")) return drop(c); // a caller that has gone, or does not read
            std::this_thread::sleep_for(milliseconds(1));
        }
    }

    // --- The end ---

    void end(connection& c) {
        if (c.fin_sent || c.socket < 0) return;
        if (is("ends-with-a-reset") && c.asked == request::hang_up) {
            const struct linger at_once { 1, 0 };
            setsockopt(c.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            return drop(c);
        }
        put(c, hangup_message().to_bytes());
        if (c.socket < 0) return;
        shutdown(c.socket, SHUT_WR);
        c.fin_sent = true;
        c.close_at = clock::now() + linger;
        if (is("closes-without-reading-on") && c.asked == request::hang_up) drop(c);
    }

    static void drop(connection& c) {
        if (c.socket >= 0) close(std::exchange(c.socket, -1));
    }

    std::size_t cap_;
    std::size_t accepted_ = 0;
    int acceptor_ = -1;
    time_point accept_again_{};
    time_point draining_since_ = time_point::max();
    std::list<connection> calls_;
};

} // namespace
} // namespace audiosocket::test

int main(int argc, char** argv) {
    using namespace audiosocket::test;
    if (argc < 2 || std::ranges::none_of(faults, [&](const fault& f) { return f.name == argv[1]; })) {
        std::fprintf(stderr, "faulty_server: which fault? One of tests/check/faults.hpp\n");
        return 2;
    }
    broken = argv[1];
    std::signal(SIGTERM, [](int) { end_requested = 1; });
    std::signal(SIGUSR1, [](int) { hand_over_requested = 1; });
    server(argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 30).run();
}
