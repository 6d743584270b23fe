// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/time_account.hpp"

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Says whether a call is heavy: its turns have used more processor time lately than an ordinary call needs.
///
/// A turn counts at most three times as much as the turns before it. The kernel also does work for others in the middle
/// of a turn, such as receiving data for a hundred calls. That must not make an ordinary call heavy. In addition all
/// turns together, without this rule, may use 2 % of the time.
class turn_account {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Starts the account. The call counts as heavy for 0.1 s, until its turns have been measured. So many calls that
    /// begin at once do not delay the others.
    void begin(time_point now) noexcept { used_.charge(used_at_first, one_in, now); }

    /// Adds a turn that used this much time.
    void charge(nanoseconds used, time_point now) noexcept {
        const nanoseconds counted = std::min(used, std::max<nanoseconds>(3 * usual_, least_counted));
        usual_ = std::max(counted, usual_ - usual_ / 8);
        used_.charge(counted, one_in, now);
        all_.charge(used, all_one_in, now);
    }

    bool is_heavy(time_point now) const noexcept { return used_.is_over(now, credit) || all_.is_over(now, all_credit); }

  private:
    // A call is heavy if its turns use more than this part of the thread's time (one in 250): 80 us in a frame time of
    // 20 ms. Ordinary turns use 10 to 20 us. Conversion between 8 and 48 kHz in both directions uses 30 to 40 us,
    // between 8 and 192 kHz 160 us.
    static constexpr int one_in = 250;

    // An ordinary call has two turns a frame, and may use its share of a frame time at once.
    static constexpr std::chrono::milliseconds credit{20};

    // The part for the whole time of all turns (one in 50); 20 ms at once.
    static constexpr int all_one_in = 50;
    static constexpr std::chrono::seconds all_credit{1};

    static constexpr std::chrono::microseconds used_at_first{480};
    static constexpr std::chrono::microseconds least_counted{60};

    time_account used_; // each turn counted at most three times the last ones
    time_account all_;
    nanoseconds usual_{};
};

} // namespace audiosocket::detail
