// SPDX-License-Identifier: Apache-2.0
#include "check/load_cases.hpp"
#include "check/memory_watch.hpp"
#include "check/reference_call.hpp"
#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace audiosocket::app::check {
namespace {

// Limit of a call's memory: its queues in both directions. The cases send much more.
constexpr std::size_t memory_of_a_call_max = 8 * 1024 * 1024;

// Returns the fastest kind that this server accepts: the kernel's buffers cannot hold what the server does not read.
kind fastest_kind(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers(), kind::slin192);
    l.pass(milliseconds(300), [&] { return !l.open(); });
    return l.open() ? kind::slin192 : kind::slin;
}

// Sends audio several times faster than real time, beside an ordinary call.
void send_fast(line& fast, line& reference, kind as, int times, nanoseconds time) {
    numbers sent;
    const auto from = clock::now();
    for (auto due = from; due < from + time && fast.open(); due += frame_time) {
        for (int i = 0; i < times; ++i)
            fast.send_at_once(audio(sent.take(static_cast<std::size_t>(rate_hz(as)) / 50), as));
        const std::array both{&fast, &reference};
        line::pass(both, due + frame_time - clock::now());
    }
}

std::string reads_nothing(const target& t) {
    constexpr int small_buffer = 4096;
    constexpr std::chrono::seconds time{10};
    const kind as = fastest_kind(t);
    line slow_reader = place_call(t, uuid::random(), {small_buffer, 0});
    line l = place_reference_call(t);
    const memory_watch memory(t);
    const auto from = clock::now();
    slow_reader.stop_reading();
    send_fast(slow_reader, l, as, 4, time);
    l.pass(from + time - clock::now());
    expect_undisturbed(t, l, from);
    memory.expect_bounded(memory_of_a_call_max);
    slow_reader.resume_reading();
    slow_reader.pass(soon, [&] { return !slow_reader.open(); });
    return slow_reader.open() ? "that call goes on, and the other call is undisturbed"
                              : "that call was ended, and the other call is undisturbed";
}

std::string ten_times_real_time(const target& t) {
    const kind as = fastest_kind(t);
    line fast = place_call(t);
    line l = place_reference_call(t);
    const memory_watch memory(t);
    const auto from = clock::now();
    send_fast(fast, l, as, 10, std::chrono::seconds(3));
    expect_undisturbed(t, l, from);
    memory.expect_bounded(memory_of_a_call_max);
    expect_new_call_works(t, "a caller at ten times real time");
    return fmt::format("that call {}, and the other call is undisturbed", fast.open() ? "goes on" : "was closed");
}

// Half a second at 192 kHz is more than the kernel buffers for a server that does not read.
std::string application_blocks(const target& t) {
    constexpr int small_buffer = 16 * 1024;
    need_requests(t);
    if (fastest_kind(t) != kind::slin192)
        throw not_applicable("needs a server that takes 192 kHz: audio of lower rates fits into the kernel's buffers");
    line l = place_call(t, request_id(request::stall), {0, small_buffer});
    l.send_audio(numbers(), kind::slin192);
    l.pass(milliseconds(200));
    expect(!l.choked() && l.open(), "the server does not read, even before the application stalls");
    press(l, '0');
    l.pass(stall_time, [&] { return l.choked() || !l.open(); });
    expect(!l.choked(),
           "while the application stalls, the server does not read the socket: Asterisk's next write fails");
    expect(l.open(), "the server closed the call");
    return "every frame was taken at once";
}

std::string pause_of_caller(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers());
    l.pass(milliseconds(500));
    l.stop_audio();
    l.pass(std::chrono::seconds(60), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    expect_up(t, l, "a pause of 60 s");
    return "the call goes on";
}

std::string cleared(const target& t) {
    // One frame may be on its way when the digit arrives, and the next is being made.
    constexpr milliseconds allowed = 2 * frame_time;
    need_requests(t);
    line l = place_call(t, request_id(request::play));
    press(l, '1');
    const auto sounds = [](const received_message& m) {
        return is_audio(m.kind) && std::ranges::any_of(m.payload, [](std::byte b) { return b != std::byte{0}; });
    };
    l.pass(milliseconds(700), [&] { return !l.open(); });
    expect(std::ranges::any_of(l.received(), sounds), "nothing is played");
    const auto pressed = clock::now();
    press(l, '2');
    l.pass(milliseconds(700), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    time_point last{};
    for (const auto& m : l.received())
        if (sounds(m)) last = std::max(last, m.whole);
    const auto took = last - std::min(last, pressed);
    const auto own = took - std::min<nanoseconds>(took, t.machine->stood_still(pressed, last));
    expect(own <= allowed, "the tone goes on for " + text(own));
    return "silence after " + text(own);
}

} // namespace

std::vector<conformance_case> single_call_cases() {
    using enum group;
    return {
        {45, load, "a caller who does not read for 10 s", "bounded memory, other calls unchanged",
         "Asterisk may stop reading while the channel is busy", reads_nothing, false, false, course::alone},
        {46, load, "a caller at ten times real time", "bounded, other calls unchanged",
         "networks deliver late audio at once", ten_times_real_time, false, false, course::alone},
        {47, load, "the application stalls for a second", "the socket is still drained",
         "Asterisk writes once and ends the call if that fails", application_blocks, false, false, course::alone},
        {48, load, "no audio from the caller for 60 s", "the call stays",
         "a channel on hold, or with voice activity detection, sends nothing", pause_of_caller, false, true},
        {51, load, "clear", "queued audio stops within a frame", "barge-in: callers interrupt", cleared, false, false,
         course::alone},
    };
}

} // namespace audiosocket::app::check
