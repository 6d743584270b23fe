// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket {

/// What became of a piece of sound that was queued for playing: it was played to its end, or it was cut off.
struct play_result {
    /// How much of it was handed to the network: what the peer heard, but for the delay of the network.
    std::chrono::milliseconds sent{};

    /// How much of it was cut off; 0 if it was played to its end.
    std::chrono::milliseconds cut{};

    /// Whether it was cut off: by a clear, or by the end of the call. Says so also for less than half a millisecond.
    bool cleared = false;
};

/// A number that a driver gives to a piece of sound, to know its report again (session::take_report).
enum class play_ticket : std::uint64_t {};

/// The result of the sound with this ticket.
struct play_report {
    play_ticket ticket{}; ///< The ticket of the sound.
    play_result result;   ///< What became of it.
};

} // namespace audiosocket
