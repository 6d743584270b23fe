// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/numbering.hpp"

#include <audiosocket/audio/numbered_samples.hpp>

namespace audiosocket::sim {
namespace {

// mu-law codes from 0 are negative, and codes from 128 are positive. The last code of each half is silence.
constexpr std::uint64_t base = 127;
constexpr std::uint8_t positive = 0x80;

// Returns the first number from `least` that leaves this remainder.
constexpr std::uint64_t next_with(std::uint64_t remainder, std::uint64_t divisor, std::uint64_t least) {
    return least + (remainder + divisor - least % divisor) % divisor;
}

} // namespace

std::uint64_t numbering::period() const noexcept {
    return wire_ == encoding::ulaw ? 2 * base * base : numbered_samples::period;
}

std::int16_t numbering::at(std::uint64_t number) const noexcept {
    if (wire_ != encoding::ulaw) return numbered_samples::at(number);
    const auto half = number / 2;
    const auto code = number % 2 == 0 ? half % base : positive + half / base % base;
    return ulaw_to_linear(static_cast<std::uint8_t>(code));
}

std::optional<std::uint64_t> numbering::number_of(std::int16_t sample, std::uint64_t least) const noexcept {
    if (wire_ != encoding::ulaw) {
        if (!numbered_samples::is_numbered(sample)) return std::nullopt;
        return next_with(numbered_samples::position_of(sample), numbered_samples::period, least);
    }
    const auto code = linear_to_ulaw(sample);
    if (sample == 0 || ulaw_to_linear(code) != sample) return std::nullopt;
    if (code < positive) return 2 * next_with(code, base, (least + 1) / 2);
    const std::uint64_t digit = code - positive;
    const auto half = least / 2;
    if (half / base % base == digit) return 2 * half + 1;
    return 2 * base * next_with(digit, base, half / base + 1) + 1;
}

std::optional<std::uint64_t> numbering::number_of(std::int16_t first, std::int16_t second,
                                                  std::uint64_t least) const noexcept {
    for (auto found = number_of(first, least); found && *found < least + period();
         found = number_of(first, *found + 1)) {
        if (at(*found + 1) == second) return found;
    }
    return std::nullopt;
}

std::vector<std::byte> numbering::bytes(encoding wire, std::uint64_t samples, std::uint64_t first) const {
    std::vector<std::int16_t> values(samples);
    for (auto& value : values)
        value = at(first++);
    std::vector<std::byte> out(bytes_for(wire, values.size()));
    encode(wire, values, out);
    return out;
}

} // namespace audiosocket::sim
