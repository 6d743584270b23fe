// SPDX-License-Identifier: Apache-2.0
#include "check/reference_call.hpp"

#include "check/test_audio.hpp"

#include <fmt/format.h>

namespace audiosocket::app::check {
namespace {

// The longest gap in an ordinary call beside a call that misbehaves: one late frame.
constexpr milliseconds gap_max{60};

// Frames that an ordinary call has to receive: a server may delay its frames, but not leave them out.
constexpr double frames_share_min = 0.95;

} // namespace

line place_reference_call(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers(reference_numbers));
    l.pass(milliseconds(200));
    expect(l.open(), "the server closed an ordinary call");
    return l;
}

void expect_undisturbed(const target& t, const line& reference, time_point from) {
    expect(reference.open(), "another call was closed");
    if (!t.traits.answers) return;
    const auto gap = longest_gap(t, reference, from, clock::now());
    expect(gap <= gap_max, fmt::format("another call received nothing for {}", text(gap)));
}

std::string expect_served(const target& t, const line& reference, time_point from) {
    const auto to = clock::now();
    expect(reference.open(), "another call was closed");
    const auto stood = t.machine->stood_still(from, to);
    const auto frames = frames_between(reference, from, to);
    const auto all = (to - from) / frame_time;
    const auto gap = longest_gap(t, reference, from, to);
    auto seen = fmt::format("another call received {} of {} frames and nothing for {}", frames, all, text(gap));
    if (stood >= frame_time) seen += fmt::format("; this machine stood still for {}", text(stood));
    const auto frames_min = frames_share_min * static_cast<double>((to - from - stood) / frame_time);
    expect(static_cast<double>(frames) >= frames_min && gap <= gap_max, seen);
    return seen;
}

} // namespace audiosocket::app::check
