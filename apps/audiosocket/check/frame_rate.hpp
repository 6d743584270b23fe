// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/line.hpp"

#include <optional>
#include <span>

namespace audiosocket::app::check {

/// Audio a second, in frames of 20 ms.
struct measured_rate {
    double lowest = 0;  ///< As they were received.
    double highest = 0; ///< If the server left out all that it owed after its stalls.
    nanoseconds time{}; ///< From the first frame to the last.
};

/// A server that sent nothing for longer than this may leave out what it owes, instead of sending it late. Five frames
/// late are heard as a delay for the rest of the call.
inline constexpr milliseconds caught_up_max{100};

/// Returns the rate at which audio was received; nothing for less than two messages of it. A server whose process stood
/// still has two right ways to go on: it sends what it owes, or it leaves that out. So there are two bounds.
std::optional<measured_rate> rate_of_frames(std::span<const received_message> received);

} // namespace audiosocket::app::check
