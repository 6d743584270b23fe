// SPDX-License-Identifier: Apache-2.0
#include "bench/send_schedule.hpp"

#include <algorithm>
#include <cassert>

namespace audiosocket::app::bench {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): consecutive seeds give unrelated numbers. Unlike the standard distributions it
// gives the same numbers with each standard library.
std::uint64_t next_random(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

} // namespace

send_schedule::send_schedule(std::size_t call, std::int64_t jitter_slots) : state_(call), jitter_slots_(jitter_slots) {
    assert(jitter_slots >= 0 && jitter_slots <= caller_jitter_slots_max);
}

std::int64_t send_schedule::delay() {
    if (jitter_slots_ == 0) return 0;
    return static_cast<std::int64_t>(next_random(state_) % static_cast<std::uint64_t>(jitter_slots_ + 1));
}

std::int64_t send_schedule::add(std::int64_t slot) {
    assert(count_ < waiting_max);
    std::int64_t leaves = slot + delay();
    if (count_ > 0) leaves = std::max(leaves, waiting_[(first_ + count_ - 1) % waiting_max]);
    waiting_[(first_ + count_++) % waiting_max] = leaves;
    return leaves;
}

std::optional<std::int64_t> send_schedule::take(std::int64_t slot) {
    if (count_ == 0 || waiting_[first_] > slot) return std::nullopt;
    const std::int64_t leaves = waiting_[first_];
    first_ = (first_ + 1) % waiting_max;
    --count_;
    return leaves;
}

} // namespace audiosocket::app::bench
