// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/call_registry.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace audiosocket::app {

/// What the status line says: how many calls are in progress and have ended, a meter for each of the oldest three, and
/// the time that is left to calls of a process that is stopping.
std::string status_line(const call_registry& calls, std::optional<std::chrono::nanoseconds> stops_in);

} // namespace audiosocket::app
