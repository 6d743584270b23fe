// SPDX-License-Identifier: Apache-2.0
#include "check/neighbour.hpp"

#include "check/test_audio.hpp"

#include <fmt/format.h>

namespace audiosocket::app::check {
namespace {

// A neighbour of a call that misbehaves may not notice more than this of it: one frame that is late.
constexpr milliseconds neighbour_gap_max{60};

// Frames that a neighbour has to receive: a server may move its frames, but not leave them out.
constexpr double neighbour_share_min = 0.95;

} // namespace

line neighbour_of(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers(neighbours_numbers));
    l.pass(milliseconds(200));
    expect(l.open(), "the server closed an ordinary call");
    return l;
}

void expect_undisturbed(const target& t, const line& neighbour, time_point from) {
    expect(neighbour.open(), "another call was closed");
    if (!t.traits.answers) return;
    const auto gap = longest_gap(t, neighbour, from, clock::now());
    expect(gap <= neighbour_gap_max, fmt::format("another call received nothing for {}", text(gap)));
}

std::string expect_served(const target& t, const line& neighbour, time_point from) {
    const auto to = clock::now();
    expect(neighbour.open(), "another call was closed");
    const auto stood = t.machine->stood_still(from, to);
    const auto frames = frames_between(neighbour, from, to);
    const auto all = (to - from) / frame_time;
    const auto gap = longest_gap(t, neighbour, from, to);
    auto seen = fmt::format("another call received {} of {} frames and nothing for {}", frames, all, text(gap));
    if (stood >= frame_time) seen += fmt::format("; this machine stood still for {}", text(stood));
    const auto frames_min = neighbour_share_min * static_cast<double>((to - from - stood) / frame_time);
    expect(static_cast<double>(frames) >= frames_min && gap <= neighbour_gap_max, seen);
    return seen;
}

} // namespace audiosocket::app::check
