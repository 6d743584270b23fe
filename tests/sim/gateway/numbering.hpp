// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace audiosocket::sim {

/// Samples whose values say their numbers, so that lost, repeated and moved samples are noticed. None is silence. They
/// pass through the encoding of a dialect unchanged.
///
/// slin has a value for each number. mu-law has 254 values besides silence: samples with even numbers have the last
/// digit (to base 127) of half their number, as a negative value; those behind them have the digit before, as a
/// positive value. So two consecutive samples say their number.
class numbering {
  public:
    /// Makes samples for this encoding, which is slin or mu-law.
    explicit numbering(encoding wire) noexcept : wire_(wire) {}

    encoding wire() const noexcept { return wire_; }

    /// Returns after how many samples the numbers repeat: four seconds at 8 kHz.
    std::uint64_t period() const noexcept;

    /// Returns the sample with this number.
    std::int16_t at(std::uint64_t number) const noexcept;

    /// Returns the first number from `least` whose sample has this value, or nothing if no sample has it. In mu-law the
    /// real number may be greater.
    std::optional<std::uint64_t> number_of(std::int16_t sample, std::uint64_t least) const noexcept;

    /// Returns the first number from `least` whose sample has the first value, and the sample behind it the second.
    std::optional<std::uint64_t> number_of(std::int16_t first, std::int16_t second, std::uint64_t least) const noexcept;

    /// Returns these samples in this encoding.
    std::vector<std::byte> bytes(encoding wire, std::uint64_t samples, std::uint64_t first) const;

  private:
    encoding wire_;
};

} // namespace audiosocket::sim
