// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket {

/// Counts durations in fixed buckets. Adding takes a few instructions, because every frame of every call is added. Not
/// thread-safe.
class duration_histogram {
  public:
    /// The longest duration in the first bucket. The bound of each bucket is twice the bound before it. An eighth of a
    /// millisecond is less than a tick resolves; the last bound, of a second, is longer than any usable delay.
    static constexpr std::chrono::nanoseconds first_bound{125'000};
    /// How many buckets have a bound. One more bucket holds all longer durations.
    static constexpr std::size_t bounded_buckets = 14;

    /// Returns the longest duration in bucket `n`, which counts from 0.
    static constexpr std::chrono::nanoseconds bound(std::size_t n) noexcept { return first_bound * (1 << n); }

    /// Adds a duration. A negative one counts as zero.
    void add(std::chrono::nanoseconds d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max(d, std::chrono::nanoseconds(0)).count());
        const auto firsts = (ns == 0 ? 0 : ns - 1) / static_cast<std::uint64_t>(first_bound.count());
        ++buckets_[std::min(static_cast<std::size_t>(std::bit_width(firsts)), bounded_buckets)];
        sum_ns_ += ns;
    }

    /// Returns how many durations are in bucket `n` alone. `n` is at most `bounded_buckets`, which is the bucket of all
    /// longer durations.
    std::uint64_t count(std::size_t n) const noexcept { return buckets_[n]; }

    /// Returns the sum of all durations that were added.
    std::chrono::nanoseconds sum() const noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(sum_ns_));
    }

  private:
    std::array<std::uint64_t, bounded_buckets + 1> buckets_{};
    std::uint64_t sum_ns_ = 0; // enough for 292 years of lateness
};

} // namespace audiosocket
