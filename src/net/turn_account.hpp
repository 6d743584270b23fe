// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/time_account.hpp"

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Whether a call is heavy: whether its turns have used more processor time lately than an ordinary call needs.
///
/// A turn counts for at most three times as much as those before it. The kernel also does work for others in the middle
/// of a turn, such as to receive what has just arrived for a hundred calls; that makes no ordinary call a heavy one.
/// And all turns together, whatever a single one was, may use 2 % of the time.
class turn_account {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// It begins as heavy for 0.1 s, until its turns have been measured: many calls that begin at once do not delay
    /// the others.
    void begin(time_point now) noexcept { used_.charge(used_at_first, one_in, now); }

    /// It has had a turn that used so much.
    void charge(nanoseconds used, time_point now) noexcept {
        const nanoseconds counted = std::min(used, std::max<nanoseconds>(3 * usual_, least_counted));
        usual_ = std::max(counted, usual_ - usual_ / 8);
        used_.charge(counted, one_in, now);
        all_.charge(used, all_one_in, now);
    }

    bool is_heavy(time_point now) const noexcept { return used_.is_over(now, credit) || all_.is_over(now, all_credit); }

  private:
    // A call is heavy whose turns use more than one part in so many of the thread's time: 80 us in a frame time of
    // 20 ms. Ordinary turns use 10 to 20; those of a call that is converted between 8 and 48 kHz in both directions, 30
    // to 40; between 8 and 192 kHz, 160.
    static constexpr int one_in = 250;

    // An ordinary call has two turns a frame, and uses its share of a frame time at once.
    static constexpr std::chrono::milliseconds credit{20};

    // The same for all of what they use; 20 ms at once.
    static constexpr int all_one_in = 50;
    static constexpr std::chrono::seconds all_credit{1};

    static constexpr std::chrono::microseconds used_at_first{480};
    static constexpr std::chrono::microseconds least_counted{60};

    time_account used_; // as it is counted
    time_account all_;
    nanoseconds usual_{};
};

} // namespace audiosocket::detail
