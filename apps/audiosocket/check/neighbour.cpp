// SPDX-License-Identifier: Apache-2.0
#include "check/neighbour.hpp"

#include "check/test_audio.hpp"

#include <fmt/format.h>

namespace audiosocket::app::check {
namespace {

// A neighbour of a call that misbehaves may not notice more than this of it: one frame that is late.
constexpr milliseconds neighbour_gap_max{60};

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

} // namespace audiosocket::app::check
