// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/burst_watch.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <algorithm>

namespace audiosocket::app::diagnosis {

using std::chrono::nanoseconds;

bool burst_watch::add(nanoseconds duration, nanoseconds at) {
    const auto elapsed = begun_ ? std::max(at - last_at_, nanoseconds{}) : nanoseconds{};
    begun_ = true;
    last_at_ = std::max(last_at_, at);
    audio_ += duration;

    // The longest frame in common use equals what a sender may catch up.
    const auto one_message = std::min<nanoseconds>(duration, asterisk::ahead_max);
    const auto limit = one_message + asterisk::ahead_max + clock_slack;
    ahead_ = std::max(ahead_ - elapsed, nanoseconds{});
    if (ahead_ <= one_message) burst_ = {};
    ahead_ += duration;
    if (ahead_ <= limit) return false;

    const bool begins = burst_ == nanoseconds{};
    const auto before = burst_;
    burst_ = std::max(burst_, ahead_);
    longest_ = std::max(longest_, burst_);
    if (begins) ++bursts_;
    if (burst_ >= long_burst) {
        if (before < long_burst) ++long_bursts_;
        in_long_bursts_ += burst_ - (before < long_burst ? nanoseconds{} : before);
    }
    return begins;
}

} // namespace audiosocket::app::diagnosis
