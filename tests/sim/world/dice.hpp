// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket::sim {

/// Random numbers that are the same on every machine and with every library. Small, so that each part of a world has
/// its own: then one part does not change the numbers of another.
class dice {
  public:
    /// Makes dice for one part of the world of this seed.
    explicit constexpr dice(std::uint64_t seed, std::uint64_t part = 0) noexcept
        : state_(mixed(seed + 0x9E3779B97F4A7C15U * (part + 1))) {}

    /// Returns the next 64 random bits.
    constexpr std::uint64_t next() noexcept { return mixed(state_ += 0x9E3779B97F4A7C15U); }

    /// Returns a number from 0 to `count` - 1.
    constexpr std::uint64_t below(std::uint64_t count) noexcept { return next() % count; }

    /// Returns a number from `least` to `most`.
    constexpr std::int64_t between(std::int64_t least, std::int64_t most) noexcept {
        return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
    }

    /// Returns a time from `least` to `most`.
    constexpr std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) noexcept {
        return std::chrono::nanoseconds(between(least.count(), most.count()));
    }

    /// Returns true in this part of all cases (0 to 1).
    constexpr bool chance(double part) noexcept {
        return part > 0 && static_cast<double>(next() >> 11U) * 0x1p-53 < part;
    }

    /// Returns true in one of `count` cases.
    constexpr bool one_in(std::uint64_t count) noexcept { return below(count) == 0; }

  private:
    // splitmix64
    static constexpr std::uint64_t mixed(std::uint64_t z) noexcept {
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    std::uint64_t state_;
};

} // namespace audiosocket::sim
