// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket::app {

/// How long people wait for something, counted for monitoring: duration_histogram is for delays of audio, and ends at
/// a second. Not thread-safe.
class wait_histogram {
  public:
    static constexpr std::size_t bounded_buckets = 16;

    /// The longest duration that bucket n holds. The first few are for round trips; an answer of a second is good, and
    /// callers have hung up after a minute.
    static constexpr std::chrono::nanoseconds bound(std::size_t n) noexcept {
        constexpr int bounds_ms[bounded_buckets] = {5,   10,   20,   50,   100,  200,  300,    500,
                                                    750, 1000, 1500, 2000, 3000, 5000, 10'000, 60'000};
        return std::chrono::milliseconds(bounds_ms[n]);
    }

    /// What is below zero counts as zero.
    void add(std::chrono::nanoseconds d) noexcept {
        std::size_t n = 0;
        while (n < bounded_buckets && d > bound(n))
            ++n;
        ++buckets_[n];
        sum_ += std::max(d, std::chrono::nanoseconds(0));
    }

    /// How many durations bucket n holds and no bucket before it; the one after the bounded ones holds all that are
    /// longer.
    std::uint64_t count(std::size_t n) const noexcept { return buckets_[n]; }

    /// Returns the sum of all durations that were added.
    std::chrono::nanoseconds sum() const noexcept { return sum_; }

  private:
    std::array<std::uint64_t, bounded_buckets + 1> buckets_{};
    std::chrono::nanoseconds sum_{};
};

} // namespace audiosocket::app
