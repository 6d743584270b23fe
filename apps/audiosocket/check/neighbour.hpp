// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/conformance_case.hpp"

namespace audiosocket::app::check {

/// Places an ordinary call that sends numbers, from `neighbours_numbers` on, while another call, or many, misbehave.
/// Throws mismatch if the server closes it.
line neighbour_of(const target& t);

/// The `first` of the numbers that a neighbour sends: far from those of the other calls of a case.
inline constexpr std::size_t neighbours_numbers = 500;

/// Throws mismatch if the neighbour was closed, or received nothing for too long since `from`.
void expect_undisturbed(const target& t, const line& neighbour, time_point from);

/// The same, and throws mismatch if the neighbour received less than 95 % of its frames since `from`. What this machine
/// stood still counts for the server. Returns what the neighbour received.
std::string expect_served(const target& t, const line& neighbour, time_point from);

} // namespace audiosocket::app::check
