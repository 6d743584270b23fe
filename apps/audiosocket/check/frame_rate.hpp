// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/line.hpp"

#include <optional>
#include <span>

namespace audiosocket::app::check {

/// Audio for each second, in frames of 20 ms.
struct measured_rate {
    double received = 0; ///< All audio in all of the time.
    double skipping_lowest =
        0; ///< Without the time of the stalls, and without the audio that was sent late because of them.
    double skipping_highest = 0; ///< Without the time of the stalls.
    nanoseconds time{};          ///< From the first frame to the last.

    /// Returns whether this is the rate of a server with a correct clock, which caught up after its stalls or skipped
    /// them.
    bool is_about(double rate, double tolerance) const noexcept {
        const double least = rate * (1 - tolerance);
        const double most = rate * (1 + tolerance);
        return (received >= least && received <= most) || (skipping_highest >= least && skipping_lowest <= most);
    }
};

/// A server that sent nothing for longer than this may leave out what it owes, instead of sending it late. Five late
/// frames are a delay for the rest of the call.
inline constexpr milliseconds caught_up_max{100};

/// Returns the rate at which audio was received; nothing for less than two messages. A server whose process stood still
/// may go on in two ways: it sends the audio that it owes, or leaves it out except for a few frames.
std::optional<measured_rate> rate_of_frames(std::span<const received_message> received);

} // namespace audiosocket::app::check
