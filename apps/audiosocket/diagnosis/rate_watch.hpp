// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace audiosocket::app::diagnosis {

/// Measures how fast audio arrives: seconds of audio, by its label, for each second of time.
///
/// How it works: time is cut into slots of 100 ms, and each message adds its duration to the slot in which it arrived.
/// The pace is steady if every part of a window has about the same amount of audio. So a burst, a catch-up after a
/// stall and a sender that pauses do not count as a pace. A late sender also catches up at a steady pace. So for a pace
/// above real time, the window also has to be ahead of what earlier pauses left to be sent (debt).
class rate_watch {
  public:
    /// Adds a message with audio of this duration. `at` is the time since any fixed moment. Returns whether pace() may
    /// have changed.
    bool add(std::chrono::nanoseconds duration, std::chrono::nanoseconds at);

    /// Returns the steady pace of the last window: 1 is real time; nothing while the pace is not steady or not known
    /// yet. A pace of 1.9 or more is known after a second, a lower pace after 2.5 s.
    std::optional<double> pace() const noexcept { return pace_; }

    /// Returns the steady pace of the last second: too little evidence alone, but enough with other evidence.
    std::optional<double> recent_pace() const noexcept { return recent_pace_; }

    /// Returns the usual time from message to message in the last second.
    std::chrono::nanoseconds interval() const noexcept { return interval_; }

    /// Forgets all messages: the next message counts as the first.
    void reset() noexcept { *this = {}; }

  private:
    static constexpr std::chrono::nanoseconds slot_time{std::chrono::milliseconds(100)};
    static constexpr std::size_t slots_kept = 32;

    struct slot {
        std::uint32_t audio_us = 0;
        std::uint32_t messages = 0;
    };

    void move_to(std::int64_t slot_number);
    void judge();
    std::optional<double> steady_pace(std::size_t slots, std::size_t group) const;
    const slot& back(std::size_t slots) const noexcept;

    std::array<slot, slots_kept> slots_{};
    std::int64_t current_ = 0; // number of the current slot
    std::size_t complete_ = 0; // complete slots before it, at most slots_kept - 1
    bool begun_ = false;
    std::chrono::nanoseconds last_at_{};
    std::chrono::nanoseconds ahead_{}; // audio minus time; negative after a pause
    std::optional<double> pace_;
    std::optional<double> recent_pace_;
    std::chrono::nanoseconds interval_{};
};

} // namespace audiosocket::app::diagnosis
