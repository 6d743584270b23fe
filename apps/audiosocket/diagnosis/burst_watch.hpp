// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket::app::diagnosis {

/// Measures audio that arrives ahead of its time.
///
/// Each message raises the level by its duration, and time lowers it. The level at which a burst begins is one message,
/// at most 60 ms of it, and what a late sender may catch up (asterisk::ahead_max). A burst is counted once, however
/// long it lasts.
class burst_watch {
  public:
    /// Jitter of the clock of a capture or a busy machine, which is not the sender's fault.
    static constexpr std::chrono::milliseconds clock_slack{10};

    /// A burst of this length is lost for the most part, and several of them are how the sender works.
    static constexpr std::chrono::milliseconds long_burst{200};

    /// Returns whether a burst has begun.
    bool add(std::chrono::nanoseconds duration, std::chrono::nanoseconds at);

    std::uint64_t bursts() const noexcept { return bursts_; }
    std::uint64_t long_bursts() const noexcept { return long_bursts_; }

    /// The most audio that one burst brought.
    std::chrono::nanoseconds longest() const noexcept { return longest_; }

  private:
    bool begun_ = false;
    std::chrono::nanoseconds last_at_{};
    std::chrono::nanoseconds ahead_{};
    bool in_burst_ = false;
    bool in_long_burst_ = false;
    std::uint64_t bursts_ = 0;
    std::uint64_t long_bursts_ = 0;
    std::chrono::nanoseconds longest_{};
};

} // namespace audiosocket::app::diagnosis
