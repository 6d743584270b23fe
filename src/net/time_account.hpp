// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>

namespace audiosocket::detail {

/// Whether something uses more than its share of a thread's time. What it uses is a debt, which time pays back at the
/// rate of the share.
class time_account {
  public:
    /// It has used this much time, and may use one part in so many.
    void charge(std::chrono::nanoseconds used, int one_in, time_point now) noexcept {
        paid_back_at_ = std::min(std::max(paid_back_at_, now) + used * one_in, now + debt_max);
    }

    /// When its debt is paid back, up to what `credit` lets it owe.
    time_point free_at(std::chrono::nanoseconds credit) const noexcept { return paid_back_at_ - credit; }

    bool is_over(time_point now, std::chrono::nanoseconds credit) const noexcept { return free_at(credit) > now; }

  private:
    // What was used longer ago is forgiven.
    static constexpr std::chrono::seconds debt_max{2};

    time_point paid_back_at_{};
};

} // namespace audiosocket::detail
