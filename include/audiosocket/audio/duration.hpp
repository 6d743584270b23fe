// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket {

/// Returns how long this many samples of one channel last, rounded down to a nanosecond. `rate_hz` must be positive.
/// Correct for any sound shorter than 292 years, because no product overflows.
constexpr std::chrono::nanoseconds duration_of(std::uint64_t samples, int rate_hz) noexcept {
    const auto rate = static_cast<std::uint64_t>(rate_hz);
    return std::chrono::seconds(samples / rate) + std::chrono::nanoseconds(samples % rate * 1'000'000'000 / rate);
}

} // namespace audiosocket
