// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket {

/// Durations counted in fixed buckets, for monitoring: every frame of every call is added to one, so that takes a few
/// instructions, and nothing else. Not thread-safe.
class duration_histogram {
  public:
    /// The first bucket holds up to this, and each that follows up to twice what the one before it does: an eighth of a
    /// millisecond is below what a tick resolves, and the last, of a second, far beyond the delay of any usable audio.
    static constexpr std::chrono::nanoseconds first_bound{125'000};
    /// How many buckets have a bound. One more holds what is longer.
    static constexpr std::size_t bounded_buckets = 14;

    /// The longest duration that bucket n holds.
    static constexpr std::chrono::nanoseconds bound(std::size_t n) noexcept { return first_bound * (1 << n); }

    /// What is below zero counts as zero.
    void add(std::chrono::nanoseconds d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max(d, std::chrono::nanoseconds(0)).count());
        const auto firsts = (ns == 0 ? 0 : ns - 1) / static_cast<std::uint64_t>(first_bound.count());
        ++buckets_[std::min(static_cast<std::size_t>(std::bit_width(firsts)), bounded_buckets)];
        sum_ns_ += ns;
    }

    /// How many durations bucket n holds and no bucket before it; the one after the bounded ones holds all that are
    /// longer.
    std::uint64_t count(std::size_t n) const noexcept { return buckets_[n]; }

    /// Returns the sum of all durations that were added.
    std::chrono::nanoseconds sum() const noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(sum_ns_));
    }

  private:
    std::array<std::uint64_t, bounded_buckets + 1> buckets_{};
    std::uint64_t sum_ns_ = 0; // good for 292 years of lateness
};

} // namespace audiosocket
