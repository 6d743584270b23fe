// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace audiosocket::app::gateway {

/// Finds out that a call is at a standstill: neither side has said anything for so long. No clock and no timer.
class inactivity_watch {
  public:
    /// Nothing for `longest`: never.
    inactivity_watch(std::optional<std::chrono::milliseconds> longest, time_point now)
        : longest_(longest), last_(now) {}

    bool is_on() const noexcept { return longest_.has_value(); }

    /// A side says something until then, which may be in the future.
    void active(time_point until) noexcept { last_ = std::max(last_, until); }

    /// What was to be heard later has been cut off now.
    void cut(time_point now) noexcept { last_ = now; }

    /// When the call is at a standstill, unless a side says something before; time_point::max() if never.
    time_point deadline() const noexcept { return longest_ ? last_ + *longest_ : time_point::max(); }

  private:
    const std::optional<std::chrono::milliseconds> longest_;
    time_point last_;
};

} // namespace audiosocket::app::gateway
