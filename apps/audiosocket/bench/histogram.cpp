// SPDX-License-Identifier: Apache-2.0
// The buckets: each of the first 256 holds one value. From there on every doubling of the value has 128 buckets, so a
// bucket is never wider than 1/128 of its values. Bucket b of a doubling with the shift s (values are shifted right by
// s to lie between 128 and 255) has the index 128 s + (value >> s).

#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace audiosocket::app::bench {
namespace {

constexpr int precision_bits = 7;
constexpr std::uint64_t buckets_a_doubling = 1U << precision_bits;
constexpr int value_bits = 40;
constexpr std::size_t buckets = (value_bits - precision_bits + 1) * buckets_a_doubling;

int shift_of(std::uint64_t value) noexcept {
    return std::max(0, static_cast<int>(std::bit_width(value)) - precision_bits - 1);
}

} // namespace

histogram::histogram() : buckets_(buckets) {}

std::size_t histogram::bucket_of(std::uint64_t value_ns) noexcept {
    const int shift = shift_of(value_ns);
    return static_cast<std::size_t>(static_cast<unsigned>(shift) * buckets_a_doubling + (value_ns >> shift));
}

std::uint64_t histogram::highest_in(std::size_t bucket) noexcept {
    if (bucket < 2 * buckets_a_doubling) return bucket;
    const std::uint64_t shift = bucket / buckets_a_doubling - 1;
    return ((bucket - shift * buckets_a_doubling + 1) << shift) - 1;
}

void histogram::add(nanoseconds value) noexcept {
    const auto value_ns = static_cast<std::uint64_t>(std::clamp(value, nanoseconds(0), value_max).count());
    ++buckets_[bucket_of(value_ns)];
    ++count_;
    sum_ns_ += value_ns;
    min_ns_ = std::min(min_ns_, value_ns);
    max_ns_ = std::max(max_ns_, value_ns);
}

void histogram::merge(const histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    min_ns_ = std::min(min_ns_, other.min_ns_);
    max_ns_ = std::max(max_ns_, other.max_ns_);
}

histogram::nanoseconds histogram::min() const noexcept {
    return nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(min_ns_));
}

histogram::nanoseconds histogram::mean() const noexcept {
    return nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ns_ / count_));
}

histogram::nanoseconds histogram::at(double share) const noexcept {
    assert(share >= 0 && share <= 1);
    if (count_ == 0) return nanoseconds(0);
    const auto rank =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    while ((below += buckets_[bucket]) < rank && bucket + 1 < buckets_.size())
        ++bucket;
    return nanoseconds(static_cast<std::int64_t>(std::clamp(highest_in(bucket), min_ns_, max_ns_)));
}

} // namespace audiosocket::app::bench
