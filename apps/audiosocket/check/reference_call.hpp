// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/conformance_case.hpp"

namespace audiosocket::app::check {

/// Places an ordinary call that sends numbers, beginning with `reference_numbers`, while other calls misbehave. Throws
/// mismatch if the server closes it.
line place_reference_call(const target& t);

/// The first number that it sends: far from the numbers of the other calls of a case.
inline constexpr std::size_t reference_numbers = 500;

/// Throws mismatch if the call was closed, or received nothing for too long since `from`.
void expect_undisturbed(const target& t, const line& reference, time_point from);

/// The same, and throws mismatch if the call received less than 95 % of its frames since `from`. Time for which this
/// machine stood still counts for the server. Returns what the call received.
std::string expect_served(const target& t, const line& reference, time_point from);

} // namespace audiosocket::app::check
