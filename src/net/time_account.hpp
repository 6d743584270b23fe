// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Says whether something uses more than its share of a thread's time. Used time is a debt, which is paid back with
/// time at the rate of the share.
class time_account {
  public:
    /// Adds used time to the debt. The share is one part in `one_in`.
    void charge(std::chrono::nanoseconds used, int one_in, time_point now) noexcept {
        paid_back_at_ = std::min(std::max(paid_back_at_, now) + used * one_in, now + debt_max);
    }

    /// Returns when the debt is paid back except for `credit`.
    time_point free_at(std::chrono::nanoseconds credit) const noexcept { return paid_back_at_ - credit; }

    bool is_over(time_point now, std::chrono::nanoseconds credit) const noexcept { return free_at(credit) > now; }

  private:
    // The longest debt; more is forgotten.
    static constexpr std::chrono::seconds debt_max{2};

    time_point paid_back_at_{};
};

} // namespace audiosocket::detail
