// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>

namespace audiosocket::test {

/// Returns how long an attack lasts: AUDIOSOCKET_HOSTILE_SECONDS, or 5 s: two bursts of the slowest attack.
inline std::chrono::milliseconds attack_time() {
    constexpr double seconds_usual = 5;
    const char* set = std::getenv("AUDIOSOCKET_HOSTILE_SECONDS");
    const double seconds = set ? std::strtod(set, nullptr) : seconds_usual;
    return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * (seconds > 0 ? seconds : seconds_usual)));
}

} // namespace audiosocket::test
