// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket::app::diagnosis {

/// Measures audio that arrives ahead of its time.
///
/// Each message raises the level by its duration, and time lowers it. A burst begins when the level exceeds one message
/// (at most 60 ms) plus what a late sender may catch up (asterisk::ahead_max). It ends when time has lowered the level
/// to one message. So a sender that stays ahead after a burst counts as one burst, and so does a sender above real
/// time. A message of 500 ms every 500 ms is a burst each time.
class burst_watch {
  public:
    /// Jitter of the clock of a capture or of a busy machine, which is not a fault of the sender.
    static constexpr std::chrono::milliseconds clock_slack{10};

    /// Most of a longer burst is lost in the phone.
    static constexpr std::chrono::milliseconds long_burst{200};

    /// Returns whether a burst has begun.
    bool add(std::chrono::nanoseconds duration, std::chrono::nanoseconds at);

    std::uint64_t bursts() const noexcept { return bursts_; }

    /// Returns the most audio that was ahead in a burst.
    std::chrono::nanoseconds longest() const noexcept { return longest_; }

    /// Returns whether the sender always works in bursts: three long bursts or more, with half of all audio in long
    /// bursts. A receiver that was itself delayed sees only a few, and the rest in time.
    bool are_usual() const noexcept { return long_bursts_ >= 3 && in_long_bursts_ * 2 >= audio_; }

  private:
    bool begun_ = false;
    std::chrono::nanoseconds last_at_{};
    std::chrono::nanoseconds audio_{};
    std::chrono::nanoseconds ahead_{};
    std::chrono::nanoseconds burst_{}; // the most audio ahead in this burst; zero outside
    std::uint64_t bursts_ = 0;
    std::uint64_t long_bursts_ = 0;
    std::chrono::nanoseconds in_long_bursts_{};
    std::chrono::nanoseconds longest_{};
};

} // namespace audiosocket::app::diagnosis
