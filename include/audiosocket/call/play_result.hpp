// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket {

/// The result of a piece of sound that was queued for playing: played to its end, or cut off.
struct play_result {
    /// How much of it was sent. The peer hears this part after the delay of the network.
    std::chrono::milliseconds sent{};

    /// How much of it was cut off; 0 if it was played to its end.
    std::chrono::milliseconds cut{};

    /// Whether it was cut off, by a clear or by the end of the call. True also if `cut` rounds to 0.
    bool cleared = false;
};

/// A number that a driver gives to a piece of sound, to recognise its report (session::take_report).
enum class play_ticket : std::uint64_t {};

/// The result of the sound with this ticket.
struct play_report {
    play_ticket ticket{}; ///< The ticket of the sound.
    play_result result;   ///< How it ended.
};

} // namespace audiosocket
