// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/round_trip.hpp>

#include <algorithm>

namespace audiosocket::gateway {

void round_trip::answered(clock::duration took) noexcept {
    slowest_ = std::max(slowest_.value_or(took), took);
    last_[count_++ % remembered] = took;
    const auto shortest = *std::min_element(last_.begin(), last_.begin() + std::min(count_, remembered));
    network_ = shortest <= network_max ? std::optional(shortest) : std::nullopt;
}

void round_trip::forget() noexcept {
    count_ = 0;
    network_.reset();
}

} // namespace audiosocket::gateway
