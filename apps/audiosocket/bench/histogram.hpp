// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace audiosocket::app::bench {

/// Durations, counted in buckets whose width grows with the value. A result is at most 1/128 (0.8 %) above the exact
/// value, from nanoseconds to a quarter of an hour. It needs 34 KiB whatever the count. Adding allocates nothing and
/// takes a few nanoseconds. Histograms of several threads are merged at the end.
class histogram {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    histogram();

    /// Negative values count as zero, values above value_max as value_max.
    void add(nanoseconds value) noexcept;

    void merge(const histogram& other) noexcept;

    std::uint64_t count() const noexcept { return count_; }
    nanoseconds min() const noexcept; ///< Like all functions below: 0 if nothing was added.
    nanoseconds max() const noexcept { return nanoseconds(static_cast<std::int64_t>(max_ns_)); }
    nanoseconds mean() const noexcept;

    /// Returns the least value that this share (0 to 1) of all values does not exceed.
    nanoseconds at(double share) const noexcept;

    static constexpr nanoseconds value_max{(std::int64_t{1} << 40) - 1};

  private:
    static std::size_t bucket_of(std::uint64_t value_ns) noexcept;
    static std::uint64_t highest_in(std::size_t bucket) noexcept;

    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ns_ = 0; // 2^40 ns each: enough for 16 million of the longest
    std::uint64_t min_ns_ = static_cast<std::uint64_t>(value_max.count());
    std::uint64_t max_ns_ = 0;
};

} // namespace audiosocket::app::bench
