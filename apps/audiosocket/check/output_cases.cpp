// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"
#include "check/frame_rate.hpp"
#include "check/test_audio.hpp"

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/audio/duration.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace audiosocket::app::check {
namespace {

// Places a call that sends numbers, and watches it for this long.
line watched_call(const target& t, nanoseconds time) {
    line l = place_call(t);
    l.send_audio(numbers());
    l.pass(time, [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    return l;
}

std::string one_piece(const target& t) {
    need_audio(t);
    const line l = watched_call(t, milliseconds(2000));
    nanoseconds longest{};
    for (const auto& m : l.received())
        longest = std::max(longest, m.pause - std::min(m.pause, t.machine->stood_still(m.begun, m.whole)));
    expect(longest < asterisk::payload_pause_max, fmt::format("a message with a pause of {} inside", text(longest)));
    return longest == nanoseconds(0) ? "each in one piece" : "the longest pause inside is " + text(longest);
}

void expect_lawful(const line& l) {
    for (const auto& m : l.received()) {
        if (m.kind == kind::hangup) continue;
        expect(is_audio(m.kind), fmt::format("kind {:#04x}: Asterisk drops the call", static_cast<unsigned>(m.kind)));
        expect(m.payload.size() >= 2, "audio without a sample: Asterisk drops the call");
        expect(m.payload.size() % 2 == 0, fmt::format("audio of {} bytes: half a sample", m.payload.size()));
    }
}

std::string lawful(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers());
    l.pass(milliseconds(300));
    press(l, '1');
    l.send(bytes{std::byte{0x03}, std::byte{0}, std::byte{0}});
    l.send(bytes{std::byte{0x10}, std::byte{0}, std::byte{0}});
    l.send(bytes{std::byte{0x10}, std::byte{0}, std::byte{3}, std::byte{1}, std::byte{2}, std::byte{3}});
    l.pass(milliseconds(300), [&] { return !l.open(); });
    l.send(hangup_message());
    l.pass(milliseconds(1000), [&] { return !l.open(); });
    expect_lawful(l);
    expect(!l.received().empty() || !t.traits.answers, "nothing was sent");
    return fmt::format("{} messages, all audio or hangup", l.received().size());
}

std::string first_frame(const target& t) {
    line l = connect(t);
    const auto start = clock::now();
    l.send(id_message(uuid::random()));
    l.pass(milliseconds(1000), [&] { return l.frames() > 0; });
    expect(l.frames() > 0, "no audio within a second: the server waits to receive something first");
    const auto at = l.received().front().whole;
    const auto took = at - start - t.machine->stood_still(start, at);
    expect(took <= asterisk::first_audio_max, "after " + text(took));
    return "after " + text(took);
}

std::string gaps(const target& t) {
    need_audio(t);
    line l = watched_call(t, milliseconds(1500));
    l.stop_audio(); // like a caller who is on hold
    const auto from = l.received().empty() ? clock::now() : l.received().front().whole;
    l.pass(milliseconds(2500), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call of a caller who is silent");
    const auto longest = longest_gap(t, l, from, clock::now());
    expect(longest <= (t.strict ? asterisk::gap_max : asterisk::idle_max), "a gap of " + text(longest));
    return "the longest gap is " + text(longest);
}

std::string frame_rate(const target& t) {
    constexpr milliseconds window{60'000};
    constexpr double tolerance = 0.001;
    constexpr double right = 50;
    need_audio(t);
    const line l = watched_call(t, window + milliseconds(500));
    const auto& received = l.received();
    const auto seen = rate_of_frames(received);
    expect(seen.has_value(), "no audio");
    const auto rate = fmt::format("{:.3f} frames a second", seen->received);
    expect(seen->is_about(right, tolerance), rate);
    if (seen->skipping_highest == seen->received) return fmt::format("{} over {}", rate, text(seen->time));
    return fmt::format("{} over {}, with stalls", rate, text(seen->time));
}

// Returns for each frame the difference between the time to the next frame and its length: the jitter of `audiosocket
// bench`. A shift of all frames by a millisecond each, to follow the caller's clock or after a stall, is not jitter.
std::vector<nanoseconds> deviations(const line& l) {
    std::vector<nanoseconds> out;
    std::optional<time_point> due;
    for (const auto& m : l.received()) {
        if (!is_audio(m.kind)) continue;
        if (due) out.push_back(std::chrono::abs(m.whole - *due));
        due = m.whole + duration_of(m.payload.size() / 2, rate_hz(m.kind));
    }
    return out;
}

std::string jitter(const target& t) {
    constexpr milliseconds p99_max{1};
    constexpr milliseconds p999_max{5};
    need_audio(t);
    std::vector<line> lines;
    lines.reserve(t.load_calls);
    std::vector<line*> all;
    for (std::size_t i = 0; i < t.load_calls; ++i) {
        lines.push_back(place_call(t));
        lines.back().send_audio(numbers(i));
        all.push_back(&lines.back());
    }
    line::pass(all, milliseconds(500)); // the first frames waited while other calls were being placed
    for (line* l : all)
        l->forget();
    const auto from = clock::now();
    line::pass(all, milliseconds(10'000));
    std::vector<nanoseconds> every;
    for (const line& l : lines) {
        expect(l.open(), "a call was closed");
        const auto one = deviations(l);
        every.insert(every.end(), one.begin(), one.end());
    }
    expect(!every.empty(), "no audio");
    std::ranges::sort(every);
    const auto p99 = every[every.size() * 99 / 100];
    const auto p999 = every[every.size() * 999 / 1000];
    const auto machine99 = t.machine->lateness(0.99, from);
    const auto machine999 = t.machine->lateness(0.999, from);
    auto seen = fmt::format("{} calls: p99 {}, p99.9 {}; a thread on this machine oversleeps by {} and {}",
                            t.load_calls, text(p99), text(p999), text(machine99), text(machine999));
    expect(!t.strict || (p99 <= p99_max + machine99 && p999 <= p999_max + machine999), seen);
    return seen;
}

std::string application_stalls(const target& t) {
    constexpr milliseconds gap_max{60}; // a frame may be late, but not missing
    need_requests(t);
    line l = place_call(t, request_id(request::stall));
    l.send_audio(numbers());
    l.pass(milliseconds(300));
    const auto stalled = clock::now();
    press(l, '0');
    l.pass(stall_time + milliseconds(700), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    const auto longest = longest_gap(t, l, stalled, stalled + stall_time);
    expect(longest <= gap_max, fmt::format("while the application stalls nothing is sent for {}", text(longest)));
    const auto burst = largest_burst(*t.machine, l);
    expect(burst <= asterisk::catch_up_frames_max, fmt::format("{} frames at once", burst));
    return fmt::format("the longest gap is {}, and at most {} frames come at once", text(longest), burst);
}

} // namespace

std::vector<conformance_case> output_cases() {
    using enum group;
    return {
        {34, output, "each message in one piece", "no pause of 5 ms inside",
         "Asterisk waits 5 ms for the rest of a payload, then drops the call", one_piece, false, false, course::alone},
        {35, output, "nothing but audio and hangup", "0x00 and 0x10 to 0x18, of 2 bytes or more and even",
         "since 20.14 and 22.4 anything else drops the call", lawful},
        {36, output, "first frame", "within 40 ms of the id, before the server receives audio",
         "while Asterisk waits for a header, it sends no audio of the caller (asterisk#2089)", first_frame, false,
         false, course::alone},
        {37, output, "no gaps", "never 2 s; strict: at most 40 ms",
         "after 2 s without a message the application ends the call", gaps, true, false, course::alone},
        {38, output, "frame rate", "50.00 a second within 0.1 %, over 60 s",
         "a clock that drifts ends in bursts or gaps", frame_rate, false, true},
        {39, output, "pacing jitter under load", "strict: p99 1 ms, p99.9 5 ms beyond the machine's own",
         "there is no playout buffer in Asterisk here", jitter, true, true, course::alone},
        {40, output, "the application stalls", "audio meanwhile, then at most 3 frames at once",
         "an application that computes for a second must not lose the call", application_stalls, false, false,
         course::alone},
    };
}

} // namespace audiosocket::app::check
