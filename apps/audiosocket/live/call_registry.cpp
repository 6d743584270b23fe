// SPDX-License-Identifier: Apache-2.0
#include "live/call_registry.hpp"

#include <algorithm>

namespace audiosocket::app {

void add(call_statistics& sum, const call_statistics& one) noexcept {
    using s = call_statistics;
    for (const auto counter : {&s::bytes_received,   &s::frames_received,
                               &s::samples_received, &s::digits_received,
                               &s::frames_dropped,   &s::frames_above_rate,
                               &s::digits_dropped,   &s::bytes_sent,
                               &s::frames_sent,      &s::silence_frames_sent,
                               &s::underruns,        &s::late_frames,
                               &s::skipped_frames,   &s::left_out_ms,
                               &s::stalled_sends,    &s::empty_audio,
                               &s::odd_audio,        &s::bad_digits,
                               &s::unknown_kinds,    &s::kind_changes,
                               &s::split_headers,    &s::fragments})
        sum.*counter += one.*counter;
    for (const auto largest : {&s::arrival_jitter, &s::arrival_gap_max, &s::lateness_max, &s::message_pause_max})
        sum.*largest = std::max(sum.*largest, one.*largest);
}

void call_registry::started(std::shared_ptr<live_call> call) {
    const std::lock_guard lock(using_);
    const auto* key = call.get();
    in_order fresh; // without memory for the second, nothing is entered
    fresh.push_back(std::move(call));
    places_.emplace(key, fresh.begin());
    calls_.splice(calls_.end(), fresh);
}

void call_registry::ended(const live_call& call, const ended_event& end, const call_statistics& counted) noexcept {
    std::shared_ptr<live_call> last; // destroyed after the lock is released
    const std::lock_guard lock(using_);
    const auto found = places_.find(&call);
    if (found == places_.end()) return;
    ++ended_.by_reason.at(static_cast<std::size_t>(end.reason));
    add(ended_.counted, counted);
    last = std::move(*found->second);
    calls_.erase(found->second);
    places_.erase(found);
    ++ended_count_;
}

call_registry::page call_registry::look() const {
    const std::lock_guard lock(using_);
    return {ended_, {calls_.begin(), calls_.end()}};
}

std::size_t call_registry::in_progress() const {
    const std::lock_guard lock(using_);
    return calls_.size();
}

std::size_t call_registry::ended() const {
    const std::lock_guard lock(using_);
    return ended_count_;
}

call_list call_registry::oldest(std::size_t count) const {
    const std::lock_guard lock(using_);
    call_list first;
    for (const auto& call : calls_) {
        if (first.size() == count) break;
        first.push_back(call);
    }
    return first;
}

} // namespace audiosocket::app
