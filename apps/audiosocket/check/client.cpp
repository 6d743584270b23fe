// SPDX-License-Identifier: Apache-2.0
#include "check/client.hpp"

#include "base/failure.hpp"
#include "base/network_words.hpp"
#include "check/test_audio.hpp"

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/audio/duration.hpp>

#include <audiosocket/net/listening_socket.hpp>

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <utility>

namespace audiosocket::app::check {
namespace {

// The rules of a caller, in the order of the cases.
enum rule : int {
    id_first = 101,
    id_once,
    kinds,
    digits,
    audio_lengths,
    one_kind,
    pieces,
    pacing,
    reading,
    split_header,
    paused_payload,
    our_hangup
};

constexpr milliseconds id_deadline{5000};
constexpr std::size_t burst_frames_max =
    5; // Asterisk passes on several frames when its own jitter buffer releases them

struct watched {
    line l;
    machine_watch machine;
    time_point connected_at = clock::now();
    bool split_survived = true;
    bool pause_survived = true;
    bool disturbed = false; // the caller was still connected when the disturbances began
    milliseconds closing{-1};
};

listening_socket listen_on(const client_options& o) {
    try {
        return listening_socket::listen({o.listen.host.empty() ? "0.0.0.0" : o.listen.host, o.listen.port});
    } catch (const boost::system::system_error& e) {
        throw failure(exit_code::network, "cannot listen on " + to_string(o.listen) + ": " + network_words(e.code()));
    }
}

bool wait_to_read(int descriptor, time_point limit) {
    pollfd waiting{descriptor, POLLIN, 0};
    const auto left = std::chrono::ceil<milliseconds>(limit - clock::now()).count();
    return poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
}

file_descriptor accept_one(const client_options& o, const std::function<void(const line::tcp::endpoint&)>& listening) {
    const auto acceptor = listen_on(o);
    listening(acceptor.local_endpoint());
    const auto limit = clock::now() + o.patience;
    file_descriptor socket;
    while (!socket && clock::now() < limit) {
        if (!wait_to_read(acceptor.descriptor(), limit)) continue;
        socket = file_descriptor(accept4(acceptor.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        // Asterisk may connect and close without sending a byte: that is not a call.
        std::byte first{};
        if (socket && wait_to_read(socket.get(), std::min(limit, clock::now() + id_deadline)) &&
            recv(socket.get(), &first, 1, MSG_PEEK) <= 0)
            socket.close();
    }
    if (!socket) throw failure(exit_code::network, fmt::format("no call came within {}", text(o.patience)));
    return socket;
}

void silence(std::span<std::int16_t> out) {
    std::ranges::fill(out, std::int16_t{0});
}

// Sends a message in two pieces, as TCP may deliver it. Returns whether the caller goes on.
bool survives(line& l, std::size_t at, milliseconds pause) {
    l.stop_audio();
    const bytes one = audio(std::vector<std::int16_t>(160));
    l.send(std::span(one).first(at));
    l.pass(pause);
    l.send(std::span(one).subspan(at));
    l.send_audio(silence);
    l.pass(milliseconds(300), [&] { return !l.open(); });
    return l.open();
}

void converse(watched& w, const client_options& o) {
    line& l = w.l;
    l.pass(id_deadline, [&] { return !l.open() || !l.received().empty(); });
    l.send_audio(silence);
    l.pass(o.duration, [&] { return !l.open(); });
    w.disturbed = l.open();
    if (!w.disturbed) return;
    w.split_survived = survives(l, 1, milliseconds(2));
    if (o.strict && l.open()) w.pause_survived = survives(l, 100, milliseconds(7));
    if (!l.open()) return;
    l.stop_audio();
    l.send(hangup_message());
    l.close_sending();
    const auto start = clock::now();
    if (l.pass(milliseconds(2000), [&] { return !l.open(); }))
        w.closing = std::chrono::duration_cast<milliseconds>(l.ended_at() - start);
}

// Returns the messages after the id that have audio.
std::vector<const received_message*> audio_of(const watched& w) {
    std::vector<const received_message*> out;
    for (const auto& m : w.l.received())
        if (is_audio(m.kind)) out.push_back(&m);
    return out;
}

std::string judge_id(const watched& w) {
    if (const auto other = w.l.something_else()) throw mismatch(to_text(*other));
    expect(!w.l.received().empty(), fmt::format("no message within {}", text(id_deadline)));
    const auto& first = w.l.received().front();
    expect(first.kind == kind::id,
           fmt::format("the first message is of kind {:#04x}", static_cast<unsigned>(first.kind)));
    expect(first.payload.size() == uuid::size_bytes, fmt::format("an id of {} bytes", first.payload.size()));
    const auto id = uuid::from_bytes(std::span(first.payload).first<uuid::size_bytes>());
    return to_string(id) + ", after " + text(first.whole - w.connected_at);
}

std::string judge_kinds(const watched& w) {
    for (const auto& m : w.l.received())
        expect(m.kind == kind::id || m.kind == kind::dtmf || m.kind == kind::hangup || m.kind == kind::error ||
                   is_audio(m.kind),
               fmt::format("a message of kind {:#04x}", static_cast<unsigned>(m.kind)));
    return fmt::format("{} messages", w.l.received().size());
}

std::string judge_digits(const watched& w) {
    std::string seen;
    for (const auto& m : w.l.received()) {
        if (m.kind != kind::dtmf) continue;
        const auto digit = message{m.kind, m.payload}.dtmf_digit();
        expect(digit.has_value(), fmt::format("a digit of {} bytes", m.payload.size()));
        seen += *digit;
    }
    if (seen.empty()) throw not_applicable("no digit was sent");
    return seen;
}

std::string judge_lengths(const watched& w) {
    const auto frames = audio_of(w);
    if (frames.empty()) throw not_applicable("no audio was sent");
    std::map<std::size_t, std::size_t> sizes;
    for (const auto* m : frames) {
        expect(!m->payload.empty(), "audio of no bytes");
        expect(m->payload.size() % 2 == 0, fmt::format("audio of {} bytes: half a sample", m->payload.size()));
        ++sizes[m->payload.size()];
    }
    std::string seen;
    for (const auto& [size, times] : sizes)
        seen += fmt::format("{}{} x {} bytes", seen.empty() ? "" : ", ", times, size);
    return seen;
}

std::string judge_one_kind(const watched& w) {
    const auto frames = audio_of(w);
    if (frames.empty()) throw not_applicable("no audio was sent");
    for (const auto* m : frames)
        expect(m->kind == frames.front()->kind,
               fmt::format("{} and then {}", name(frames.front()->kind), name(m->kind)));
    return std::string(name(frames.front()->kind));
}

std::string judge_pieces(const watched& w) {
    nanoseconds longest{};
    for (const auto& m : w.l.received())
        longest = std::max(longest, m.pause - std::min(m.pause, w.machine.stood_still(m.begun, m.whole)));
    expect(longest < asterisk::payload_pause_max, "a message with a pause of " + text(longest) + " inside");
    return "each message in one piece";
}

std::string judge_pacing(const watched& w) {
    const auto frames = audio_of(w);
    if (frames.size() < 10) throw not_applicable("too little audio was sent");
    const auto most = largest_burst(w.machine, w.l);
    expect(most <= burst_frames_max, fmt::format("{} frames at once", most));
    nanoseconds audio{};
    for (const auto* m : frames)
        audio += duration_of(m->payload.size() / 2, rate_hz(m->kind));
    const double audio_seconds = std::chrono::duration<double>(audio).count();
    const double seconds = std::chrono::duration<double>(frames.back()->whole - frames.front()->whole).count();
    expect(audio_seconds < seconds * 1.05 + 0.1, fmt::format("{:.2f} s of audio in {:.2f} s", audio_seconds, seconds));
    return fmt::format("{:.2f} s of audio in {:.2f} s, at most {} frames at once", audio_seconds, seconds, most);
}

std::string judge(const watched& w, const conformance_case& c) {
    switch (c.number) {
    case id_first: return judge_id(w);
    case id_once:
        expect(std::ranges::count(w.l.received(), kind::id, &received_message::kind) <= 1, "a second id");
        return "one id";
    case kinds: return judge_kinds(w);
    case digits: return judge_digits(w);
    case audio_lengths: return judge_lengths(w);
    case one_kind: return judge_one_kind(w);
    case pieces: return judge_pieces(w);
    case pacing: return judge_pacing(w);
    case reading:
        expect(!w.l.choked(), "the caller does not read: a frame was not taken at once");
        return "every frame was taken at once";
    default: break;
    }
    if (!w.disturbed) throw not_applicable("the caller hung up before");
    switch (c.number) {
    case split_header: expect(w.split_survived, "the caller closed the call"); return "the call goes on";
    case paused_payload: expect(w.pause_survived, "the caller closed the call"); return "the call goes on";
    default:
        if (w.l.received().empty() || !w.split_survived || !w.pause_survived)
            throw not_applicable("the caller hung up before");
        expect(w.closing >= milliseconds(0), "2 s after our hangup the caller still holds the connection");
        return "closed after " + text(w.closing);
    }
}

} // namespace

std::vector<conformance_case> client_cases() {
    constexpr group g = group::caller;
    return {
        {id_first, g, "the id first", "16 bytes, within 5 s", "a server knows the call by it", nullptr},
        {id_once, g, "one id", "no second id", "servers close on a second id, or mix callers up", nullptr},
        {kinds, g, "known kinds", "id, digits, audio, hangup, error", "servers may skip others, or close", nullptr},
        {digits, g, "digits", "one byte each: 0-9 * # A-D", "other digits are dropped", nullptr},
        {audio_lengths, g, "audio lengths", "whole samples, at least one",
         "an empty message ends the read loop of some servers", nullptr},
        {one_kind, g, "one kind of audio", "the same in the whole call", "servers take the first for all", nullptr},
        {pieces, g, "each message in one piece", "no pause of 5 ms inside",
         "otherwise servers that take a TCP chunk for a message fail", nullptr},
        {pacing, g, "pacing", "real time, at most 5 frames at once", "a burst is dropped or played late", nullptr},
        {reading, g, "reads all the time", "takes each frame at once",
         "a server whose socket is full drops audio, or the call", nullptr},
        {split_header, g, "a header in two pieces", "the call goes on", "Asterisk 20.17, 22.7 and 23.1 misread it",
         nullptr},
        {paused_payload, g, "a pause of 7 ms in a payload", "strict: the call goes on",
         "Asterisk waits 5 ms, networks may need longer", nullptr, true},
        {our_hangup, g, "our hangup", "closed within 2 s", "an open connection holds a slot", nullptr},
    };
}

std::vector<case_result> judge_caller(const client_options& options,
                                      const std::function<void(const line::tcp::endpoint&)>& listening) {
    watched w{line(accept_one(options, listening)), {}};
    converse(w, options);
    std::vector<case_result> results;
    for (const auto& c : client_cases()) {
        if (c.number == paused_payload && !options.strict) continue;
        results.push_back(result_of(c, [&] { return judge(w, c); }));
    }
    return results;
}

} // namespace audiosocket::app::check
