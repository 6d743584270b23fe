// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/kind.hpp>

#include <cstddef>
#include <optional>

namespace audiosocket {

/// Finds out the rate of linear audio that is labelled slin (kind 0x10, 8 kHz). Asterisk before 20.17, 21.12 and 22.7
/// labels all rates so.
///
/// How it works: the length of a message leaves a few rates, because a frame lasts 10, 20, 30, 40 or 60 ms, and the
/// time from message to message says which of them it is. Messages that come together at the start do not count:
/// Asterisk sends what it has collected during its Answer() at once. After them, audio of 8 kHz cannot come faster than
/// real time for long.
///
/// What is labelled right, and is not longer than 20 ms, is never in doubt.
class rate_detector {
  public:
    /// How long the rate may be in doubt.
    static constexpr std::chrono::milliseconds time_max{1000};

    /// A message with a payload of so many bytes of slin arrived.
    void observe(std::size_t payload_bytes, time_point at) noexcept;

    /// No more messages are waited for: decides by those that have arrived.
    void decide() noexcept;

    bool decided() const noexcept { return decided_; }

    /// The kind of the rate; that of the label until it is decided, and where no other rate fits.
    audiosocket::kind kind() const noexcept { return kind_; }

    /// The time for decide(). Only after a message, and while nothing is decided.
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
