// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"

#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace audiosocket::app::check {
namespace {

// How long a call is watched before it counts as working; also the time for a slow server to send audio.
constexpr milliseconds to_be_up{300};
constexpr milliseconds to_send_audio{2000};
constexpr std::size_t frames_of_an_up_call = 5;

// More than a queue of two seconds: audio that has not come back by then is lost.
constexpr milliseconds echo_patience{4000};

} // namespace

std::string_view name(group g) {
    switch (g) {
    case group::lifecycle: return "Lifecycle";
    case group::framing: return "Framing";
    case group::output: return "Output";
    case group::load: return "Load and faults";
    case group::sound: return "Sound";
    case group::hostile: return "Hostile callers";
    default: return "Caller";
    }
}

std::vector<conformance_case> all_cases() {
    std::vector<conformance_case> all;
    for (const auto& cases :
         {lifecycle_cases(), framing_cases(), output_cases(), load_cases(), sound_cases(), hostile_cases()})
        all.insert(all.end(), cases.begin(), cases.end());
    return all;
}

void expect(bool holds, const std::string& otherwise) {
    if (!holds) throw mismatch(otherwise);
}

line connect(const target& t) {
    line l(t.where);
    expect(l.connected(), "no connection");
    return l;
}

line place_call(const target& t, const uuid& id, const buffers& how) {
    line l = dial(t, id, how);
    expect(l.connected(), "no connection");
    return l;
}

void expect_up(const target& t, line& l, std::string_view after) {
    const auto before = l.frames();
    const auto audio_came = [&] { return l.frames() - before >= frames_of_an_up_call; };
    l.send_audio(numbers());
    l.pass(to_be_up, [&] { return !l.open(); });
    if (t.traits.answers) l.pass(to_send_audio, [&] { return !l.open() || audio_came(); });
    expect(l.open(), fmt::format("the server closed the call after {}", after));
    l.stop_audio();
    expect(!t.traits.answers || audio_came(),
           fmt::format("after {} the call stays open, but only {} frames of audio came", after, l.frames() - before));
}

void expect_new_call_works(const target& t, std::string_view after) {
    line l = dial(t);
    expect(l.connected(), fmt::format("no new connection after {}", after));
    expect_up(t, l, fmt::format("the id of a new call, after {}", after));
}

nanoseconds expect_closed(line& l, nanoseconds within, std::string_view after) {
    const auto start = clock::now();
    l.pass(within, [&] { return !l.open(); });
    expect(!l.open(), fmt::format("{} after {} the connection is still open", text(within), after));
    return std::max<nanoseconds>(l.ended_at() - start, {});
}

std::string up_or_closed(const target& t, line& l, std::string_view after) {
    if (l.pass(milliseconds(1000), [&] { return !l.open(); })) {
        expect_new_call_works(t, after);
        return "closed";
    }
    expect_up(t, l, after);
    return "the call goes on";
}

void expect_echo(line& l, std::size_t count, std::size_t first) {
    l.pass(echo_patience, [&] { return !l.open() || without_silence(l.samples()).size() >= count; });
    const auto received = without_silence(l.samples());
    const auto same = numbers_in_order(received, first);
    if (same == count && received.size() == count) return;
    if (same < received.size())
        throw mismatch(fmt::format("of {} samples {} came back in order, then {} instead of {}{}", count, same,
                                   received[same], numbers(first).take(same + 1).back(),
                                   l.open() ? "" : ", and the server closed"));
    throw mismatch(
        fmt::format("of {} samples only {} came back{}", count, same, l.open() ? "" : ", then the server closed"));
}

void need_echo(const target& t) {
    if (!t.traits.echoes) throw not_applicable("needs a server that echoes");
}

void need_audio(const target& t) {
    if (!t.traits.answers) throw not_applicable("needs a server that sends audio");
}

void need_requests(const target& t) {
    if (!t.traits.obeys_requests)
        throw not_applicable("needs an application that obeys requests (see \"Requests\" in audiosocket-check(1))");
}

pid_t need_pid(const target& t) {
    if (!t.pid) throw not_applicable("needs --server-pid");
    return *t.pid;
}

process_figures figures(const target& t) {
    if (!t.pid) return {};
    const auto seen = look_at(*t.pid);
    expect(seen.has_value(), "the server's process is gone");
    return *seen;
}

void press(line& l, char digit) {
    error_code fine;
    l.send(dtmf_message(digit, fine));
}

std::string text(nanoseconds d) {
    const double ms = std::chrono::duration<double, std::milli>(d).count();
    if (ms >= 1000) return fmt::format("{:.3g} s", ms / 1000);
    return ms >= 10 ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.1f} ms", ms);
}

nanoseconds longest_gap(const target& t, const line& l, time_point from, time_point to) {
    nanoseconds longest{};
    time_point last = from;
    const auto consider = [&](time_point at) {
        if (at > last) longest = std::max<nanoseconds>(longest, at - last - t.machine->stood_still(last, at));
        last = std::max(last, at);
    };
    for (const auto& m : l.received())
        if (is_audio(m.kind)) consider(std::min(m.whole, to));
    consider(to);
    return longest;
}

std::size_t frames_between(const line& l, time_point from, time_point to) {
    return static_cast<std::size_t>(std::ranges::count_if(
        l.received(), [&](const auto& m) { return is_audio(m.kind) && m.whole > from && m.whole <= to; }));
}

std::size_t largest_burst(const machine_watch& machine, const line& l) {
    std::size_t most = 0;
    const auto& received = l.received();
    for (std::size_t i = 0, from = 0; i < received.size(); ++i) {
        while (received[i].whole - received[from].whole > frame_time / 2)
            ++from;
        const auto stood = machine.stood_still(received[from].whole - 4 * frame_time, received[i].whole);
        if (stood == nanoseconds(0)) most = std::max(most, i - from + 1);
    }
    return most;
}

std::string judge_orderly_end(const target& t, line& l) {
    constexpr int frames_after = 35; // 700 ms of the second for which the server reads on
    expect(!l.open(), "the server does not end the call");
    expect(l.end() == ending::finished, "the server ends with a reset, not with FIN");
    expect(!l.in_message(), "the server ends in the middle of a message");
    const bool hangup_sent = !l.received().empty() && l.received().back().kind == kind::hangup;
    expect(hangup_sent || !t.strict, "FIN without a hangup message");
    numbers more;
    for (int i = 0; i < frames_after; ++i) {
        expect(l.send_at_once(audio(more.take(frame_samples))),
               "the server does not read after its FIN: bytes on the way to it were answered with a reset");
        std::this_thread::sleep_for(frame_time); // the caller does not know yet that the call has ended
    }
    return hangup_sent ? "hangup, FIN, and it reads on" : "FIN, and it reads on";
}

} // namespace audiosocket::app::check
