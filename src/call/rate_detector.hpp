// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/kind.hpp>

#include <cstddef>
#include <optional>

namespace audiosocket {

/// Finds out the real rate of linear audio of kind slin (0x10, 8 kHz). Asterisk before 20.17, 21.12 and 22.7 sends all
/// rates with this kind.
///
/// How it works: the length of a message allows only a few rates, because a frame is 10, 20, 30, 40 or 60 ms. The time
/// from message to message says which of them it is. Messages that come together at the start do not count, because
/// Asterisk sends at once what it collected during its Answer(). After them, audio of 8 kHz cannot come faster than
/// real time for long.
///
/// Audio of the right kind that is not longer than 20 ms is never in doubt.
class rate_detector {
  public:
    /// How long the rate may be in doubt.
    static constexpr std::chrono::milliseconds time_max{1000};

    /// Takes note of a message with this many bytes of payload.
    void observe(std::size_t payload_bytes, time_point at) noexcept;

    /// Decides by the messages that have arrived.
    void decide() noexcept;

    bool decided() const noexcept { return decided_; }

    /// Returns the kind of the rate. It is the kind of the messages until the decision, and if no other rate fits.
    audiosocket::kind kind() const noexcept { return kind_; }

    /// Returns when to call decide(). Only valid after a message and before the decision.
    time_point deadline() const noexcept { return first_at_ + time_max; }

  private:
    std::optional<audiosocket::kind> fitting(double slack) const noexcept;

    bool decided_ = false;
    audiosocket::kind kind_ = audiosocket::kind::slin;
    std::size_t payload_bytes_ = 0; // of each message so far
    time_point first_at_{};
    time_point last_at_{};
    time_point measured_from_{};
    int intervals_ = 0; // since then; 0: messages have come together so far
};

} // namespace audiosocket
