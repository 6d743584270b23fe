// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/conformance_case.hpp"

#include <vector>

/// \file
/// The cases of the group "Load and faults", by the cause of the load.

namespace audiosocket::app::check {

/// Many connections at once: silent ones, slow ones, more than the server's limits allow.
std::vector<conformance_case> crowd_cases();

/// One call that misbehaves, or whose application stalls.
std::vector<conformance_case> single_call_cases();

/// The server stops, or hands over to a successor.
std::vector<conformance_case> restart_cases();

/// Calls of many hours, and many hours of calls.
std::vector<conformance_case> endurance_cases();

} // namespace audiosocket::app::check
