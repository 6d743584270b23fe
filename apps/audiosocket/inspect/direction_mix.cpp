// SPDX-License-Identifier: Apache-2.0
#include "inspect/direction_mix.hpp"

#include <cstdlib>

namespace audiosocket::app::inspect {
namespace {

// Half a second of both directions.
constexpr std::uint64_t messages_min = 50;

// Of 32,768: in a quieter call, line noise is as large as the jumps.
constexpr double jump_min = 100;

// Measured: 0.1 to 0.5 for one direction, above 5 for two.
constexpr double ratio_min = 3;

int sample(std::span<const std::byte> payload, std::size_t at) {
    return static_cast<std::int16_t>(std::to_integer<unsigned>(payload[at]) | std::to_integer<unsigned>(payload[at + 1])
                                                                                  << 8U);
}

} // namespace

void direction_mix::add(std::span<const std::byte> payload) {
    if (payload.size() < 2 || payload.size() % 2 != 0) return;
    const int first = sample(payload, 0);
    if (++messages_ > 2) {
        to_next_ += std::abs(first - last_[0]);
        to_second_ += std::abs(first - last_[1]);
    }
    last_[1] = last_[0];
    last_[0] = sample(payload, payload.size() - 2);
}

bool direction_mix::is_mixed() const noexcept {
    return messages_ >= messages_min && to_next_ > jump_min * static_cast<double>(messages_) &&
           to_next_ > ratio_min * to_second_;
}

} // namespace audiosocket::app::inspect
