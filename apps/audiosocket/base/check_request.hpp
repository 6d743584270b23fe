// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::app::check {

/// What the id of a call asks the application behind a server to do. It happens when a digit is pressed. Until then,
/// and for every other id, the application echoes.
enum class request : std::uint8_t {
    stall = 1,   ///< The application reads nothing and sends nothing for a second, then goes on.
    play = 2,    ///< Queues ten seconds of tone; the next digit clears them.
    hang_up = 3, ///< Hangs up.
    spell = 4,   ///< Sends 160 samples of 100 times the ASCII code of each digit, in order with the echo.
};

/// Returns "AudioSocket" in ASCII, four zeros, and the request.
uuid request_id(request what);

/// Returns the request that an id asks for, if any.
std::optional<request> requested_by(const uuid& id);

/// How long `request::stall` and `request::play` last, and what spells a digit.
inline constexpr std::chrono::milliseconds stall_time{1000};
inline constexpr std::chrono::seconds tone_time{10};
inline constexpr double tone_hz = 400;
inline constexpr std::size_t spelled_samples = 160;
constexpr std::int16_t spelled(char digit) {
    return static_cast<std::int16_t>(100 * digit);
}

} // namespace audiosocket::app::check
