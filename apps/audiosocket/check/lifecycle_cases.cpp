// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"
#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

namespace audiosocket::app::check {
namespace {

// A correct server closes at once after a FIN.
constexpr milliseconds closing_time{100};

// Places a call and sends some audio, as Asterisk would.
line call_with_audio(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers());
    l.pass(milliseconds(100));
    l.stop_audio();
    expect(l.open(), "the server closed a call that had done nothing wrong");
    return l;
}

bytes header_of(kind k, std::size_t payload_bytes) {
    bytes out(header_bytes);
    write_header({k, static_cast<std::uint16_t>(payload_bytes)}, std::span(out).first<header_bytes>());
    return out;
}

bytes message_of(kind k, std::size_t payload_bytes) {
    bytes out = header_of(k, payload_bytes);
    out.resize(header_bytes + payload_bytes);
    return out;
}

std::string id_whole(const target& t) {
    line l = place_call(t);
    expect_up(t, l, "the id");
    return "a call";
}

std::string id_byte_by_byte(const target& t) {
    line l = connect(t);
    for (const std::byte b : id_message(uuid::random()).to_bytes()) {
        l.send(std::span(&b, 1));
        l.pass(milliseconds(5));
        expect(l.open(), "the server closed before the id was whole");
    }
    expect_up(t, l, "the id");
    return "a call";
}

std::string connect_and_close(const target& t) {
    line l = connect(t);
    l.close_sending();
    const auto took = expect_closed(l, soon, "our FIN");
    expect(l.frames() == 0, "the server sends audio where there is no call");
    expect_new_call_works(t, "a connection without a call");
    return fmt::format("closed after {}", text(took));
}

std::string connect_and_send_nothing(const target& t) {
    constexpr milliseconds early{500};     // allows for inexact timers of servers
    constexpr milliseconds patience{5000}; // a caller over a slow network may need this long
    line l = connect(t);
    const auto took = expect_closed(l, t.id_deadline_max(), "the connection");
    const auto soonest = t.id_timeout.value_or(t.strict ? patience : early) - early;
    expect(took >= soonest, "closed already after " + text(took));
    expect(l.frames() == 0, "the server sends audio before any id");
    expect_new_call_works(t, "a silent connection");
    return "closed after " + text(took);
}

std::string audio_before_id(const target& t) {
    line l = connect(t);
    l.send(audio(numbers().take(160)));
    const auto took = expect_closed(l, soon, "audio without an id");
    expect_new_call_works(t, "audio without an id");
    return "closed after " + text(took);
}

std::string second_id(const target& t) {
    line l = call_with_audio(t);
    l.send(id_message(uuid::random()));
    if (t.strict) {
        expect_closed(l, soon, "a second id");
        return "closed";
    }
    if (!t.traits.obeys_requests) return up_or_closed(t, l, "a second id");
    line other = call_with_audio(t);
    other.send(id_message(request_id(request::hang_up)));
    if (other.pass(milliseconds(300), [&] { return !other.open(); })) return up_or_closed(t, l, "a second id");
    press(other, '0');
    other.pass(milliseconds(500), [&] { return !other.open(); });
    expect(other.open(), "the second id is the call's from then on");
    return "the call keeps its first";
}

std::string id_of_wrong_length(const target& t) {
    constexpr std::array<std::size_t, 4> lengths{0, 15, 17, payload_bytes_max};
    for (const std::size_t length : lengths) {
        line l = connect(t);
        l.send(message_of(kind::id, length));
        const auto after = fmt::format("an id of {} bytes", length);
        expect_closed(l, soon, after);
        expect(l.frames() == 0, fmt::format("{} began a call", after));
    }
    expect_new_call_works(t, "ids of wrong lengths");
    return "closed, each";
}

std::string one_id_twice(const target& t) {
    need_echo(t);
    const auto id = uuid::random();
    line first = place_call(t, id);
    line second = place_call(t, id);
    constexpr std::array<std::size_t, 2> firsts{1, 16}; // far apart: the calls never send the same numbers
    first.send_audio(numbers(firsts[0]));
    second.send_audio(numbers(firsts[1]));
    const std::array both{&first, &second};
    line::pass(both, milliseconds(600));
    for (std::size_t i = 0; i < both.size(); ++i) {
        const auto from = numbers(firsts[i]).take(1).front();
        const auto to = from + static_cast<int>(both[i]->frames_sent() * frame_samples);
        expect(std::ranges::all_of(without_silence(both[i]->samples()), [&](int s) { return s >= from && s < to; }),
               "one caller receives the audio of the other");
    }
    expect(first.open() || second.open(), "both calls were closed");
    if (first.open() && second.open()) {
        for (const line* l : both)
            expect(!without_silence(l->samples()).empty(), "one of the calls receives nothing of its own");
        return "two calls, each with its own audio";
    }
    return first.open() ? "the second is refused" : "the second takes over";
}

std::string fin_after_audio(const target& t) {
    line l = call_with_audio(t);
    const auto start = clock::now();
    l.close_sending();
    const auto took = expect_closed(l, soon, "our FIN");
    expect(took - t.machine->stood_still(start, l.ended_at()) <= closing_time, "only after " + text(took));
    expect(l.end() != ending::reset, "the server answers FIN with a reset");
    return "closed after " + text(took);
}

std::string reset_after_audio(const target& t) {
    for (int i = 0; i < 3; ++i)
        call_with_audio(t).reset();
    expect_new_call_works(t, "resets");
    return "the server goes on";
}

std::string fin_inside(const target& t, std::span<const std::byte> fragment, std::string_view where) {
    line l = call_with_audio(t);
    l.send(fragment);
    l.close_sending();
    const auto took = expect_closed(l, soon, fmt::format("FIN inside {}", where));
    expect_new_call_works(t, fmt::format("FIN inside {}", where));
    return "closed after " + text(took);
}

std::string fin_inside_header(const target& t) {
    return fin_inside(t, std::span<const std::byte>(header_of(kind::slin, 320)).first(2), "a header");
}

std::string fin_inside_payload(const target& t) {
    return fin_inside(t, std::span<const std::byte>(message_of(kind::slin, 320)).first(100), "a payload");
}

std::string hangup(const target& t) {
    line l = call_with_audio(t);
    l.send(hangup_message());
    return "closed after " + text(expect_closed(l, soon, "a hangup message"));
}

std::string hangup_with_payload(const target& t) {
    line l = call_with_audio(t);
    l.send(message_of(kind::hangup, 5));
    const auto took = expect_closed(l, soon, "a hangup message with 5 bytes");
    expect_new_call_works(t, "a hangup message with 5 bytes");
    return "closed after " + text(took);
}

std::string errors(const target& t) {
    for (const auto code : {error_bits::hangup, error_bits::frame_forwarding, error_bits::memory}) {
        line l = call_with_audio(t);
        l.send(error_message(code));
        expect_closed(l, soon, fmt::format("error code {:#04x}", static_cast<unsigned>(code)));
    }
    line l = call_with_audio(t);
    l.send(message_of(kind::error, 0));
    expect_closed(l, soon, "an error without a code");
    return "closed, each";
}

std::string half_close(const target& t) {
    constexpr milliseconds flush_max{5000};
    line l = place_call(t);
    numbers sent;
    for (int i = 0; i < 25; ++i) // half a second at once, so that queued audio has to be discarded
        l.send(audio(sent.take(160)));
    l.close_sending();
    const auto took = expect_closed(l, flush_max, "half of the connection was closed");
    expect(l.end() == ending::finished, "the server ends with a reset");
    return "closed after " + text(took);
}

std::string server_ends(const target& t) {
    need_requests(t);
    line l = place_call(t, request_id(request::hang_up));
    l.send_audio(numbers());
    l.pass(milliseconds(200));
    press(l, '0');
    l.pass(milliseconds(2000), [&] { return !l.open(); });
    return judge_orderly_end(t, l);
}

std::string many_cycles(const target& t) {
    constexpr int warm_up = 100;
    constexpr milliseconds linger{1200}; // a server reads on for a second after each call
    constexpr int cycles = 1000;
    constexpr std::size_t growth_max = 1024 * 1024; // a leak of a kilobyte a call would exceed this
    const auto cycle = [&] {
        line l = place_call(t);
        l.send(audio(numbers().take(160)));
        l.close_sending();
        l.pass(milliseconds(20), [&] { return !l.open(); }); // Asterisk does not wait either
    };
    for (int i = 0; i < warm_up; ++i)
        cycle();
    std::this_thread::sleep_for(linger);
    const auto before = figures(t);
    for (int i = 0; i < cycles; ++i)
        cycle();
    expect_new_call_works(t, "1,000 calls");
    if (!t.pid) return "all served (with --server-pid also descriptors and memory)";

    auto after = figures(t);
    for (int tries = 0; tries < 30 && after.descriptors > before.descriptors; ++tries) { // closing takes a moment
        std::this_thread::sleep_for(milliseconds(100));
        after = figures(t);
    }
    expect(after.descriptors <= before.descriptors,
           fmt::format("{} descriptors more than before", after.descriptors - before.descriptors));
    const auto grown = after.resident_bytes - std::min(before.resident_bytes, after.resident_bytes);
    expect(grown <= growth_max, fmt::format("{} KiB more memory than before", grown / 1024));
    return fmt::format("{} descriptors before and after, {} KiB more memory", after.descriptors, grown / 1024);
}

} // namespace

std::vector<conformance_case> lifecycle_cases() {
    using enum group;
    return {
        {1, lifecycle, "id whole", "a call begins", "Asterisk sends the id with one write, first of all", id_whole},
        {2, lifecycle, "id byte by byte", "a call begins",
         "TCP may split data anywhere; servers that take a chunk for a message fail here", id_byte_by_byte},
        {3, lifecycle, "connect and close", "a quiet close, no call",
         "Asterisk's application connects before it checks whether the channel is answered", connect_and_close},
        {4, lifecycle, "connect and send nothing", "closed at the server's deadline for the id",
         "otherwise scanners and broken peers hold slots for ever", connect_and_send_nothing},
        {5, lifecycle, "audio before the id", "closed",
         "the id is the first message; without it the server does not know the call", audio_before_id},
        {6, lifecycle, "second id", "the call keeps its id; strict: closed",
         "a call that changes its id mixes callers up", second_id, true},
        {7, lifecycle, "id of a wrong length", "closed, and nothing read past it",
         "a UUID has 16 bytes; reading 16 of 15 reads something else", id_of_wrong_length},
        {8, lifecycle, "one id on two connections", "no cross-talk",
         "many dialplans copy the UUID in Asterisk's documentation", one_id_twice},
        {9, lifecycle, "FIN after audio", "closed within 100 ms", "that is how Asterisk hangs up", fin_after_audio},
        {10, lifecycle, "reset after audio", "an ordinary hang-up", "Asterisk resets when it closes with unread audio",
         reset_after_audio},
        {11, lifecycle, "FIN inside a header", "closed, the fragment dropped", "a caller may hang up at any byte",
         fin_inside_header},
        {12, lifecycle, "FIN inside a payload", "closed, the fragment dropped", "a caller may hang up at any byte",
         fin_inside_payload},
        {13, lifecycle, "hangup message", "closed", "kind 0x00 ends a call", hangup},
        {14, lifecycle, "hangup with 5 bytes", "closed", "its payload, if any, does not matter", hangup_with_payload},
        {15, lifecycle, "error 0x01, 0x02, 0x04, none", "closed",
         "the reference library names these codes; an error ends the call", errors},
        {16, lifecycle, "caller half-closes", "closed in bounded time, without a reset",
         "a server does not wait for a caller who has finished", half_close},
        {17, lifecycle, "server ends the call", "FIN, reads on, no reset", "a reset is a failure in the dialplan",
         server_ends},
        {18, lifecycle, "1,000 calls", "descriptors and memory as before", "leaks stop a server within days",
         many_cycles, false, false, course::alone},
    };
}

} // namespace audiosocket::app::check
