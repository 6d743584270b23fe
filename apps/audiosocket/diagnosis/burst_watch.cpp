// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/burst_watch.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <algorithm>

namespace audiosocket::app::diagnosis {

bool burst_watch::add(std::chrono::nanoseconds duration, std::chrono::nanoseconds at) {
    const auto elapsed = begun_ ? std::max(at - last_at_, std::chrono::nanoseconds{}) : std::chrono::nanoseconds{};
    begun_ = true;
    last_at_ = std::max(last_at_, at);
    ahead_ = std::max(ahead_ - elapsed, std::chrono::nanoseconds{}) + duration;

    // The longest frame in common use is as long as what may be caught up.
    const auto one_message = std::min<std::chrono::nanoseconds>(duration, asterisk::ahead_max);
    const bool burst = ahead_ > one_message + asterisk::ahead_max + clock_slack;
    const bool long_one = burst && ahead_ >= long_burst;
    const bool begins = burst && !in_burst_;
    if (begins) ++bursts_;
    if (long_one && !in_long_burst_) ++long_bursts_;
    if (burst) longest_ = std::max(longest_, ahead_);
    in_burst_ = burst;
    // Large messages follow one another without a pause between two bursts.
    in_long_burst_ = long_one && duration < long_burst;
    return begins;
}

} // namespace audiosocket::app::diagnosis
