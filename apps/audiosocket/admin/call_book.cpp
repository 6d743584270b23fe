#include "audiosocket/admin/call_book.hpp"

#include <algorithm>

namespace audiosocket::app::admin {

void add(call_statistics& sum, const call_statistics& one) noexcept {
    using s = call_statistics;
    for (const auto counter :
         {&s::bytes_received, &s::frames_received, &s::samples_received, &s::digits_received,     &s::frames_dropped,
          &s::digits_dropped, &s::bytes_sent,      &s::frames_sent,      &s::silence_frames_sent, &s::underruns,
          &s::late_frames,    &s::skipped_frames,  &s::stalled_sends,    &s::empty_audio,         &s::odd_audio,
          &s::bad_digits,     &s::unknown_kinds,   &s::kind_changes,     &s::split_headers,       &s::fragments})
        sum.*counter += one.*counter;
    for (const auto largest : {&s::arrival_jitter, &s::arrival_gap_max, &s::lateness_max, &s::message_pause_max})
        sum.*largest = std::max(sum.*largest, one.*largest);
}

void call_book::started(std::shared_ptr<served_call> call) {
    const std::lock_guard lock(using_);
    const auto* key = call.get();
    up_.emplace(key, std::move(call));
}

void call_book::ended(served_call& call, const ended_event& end) {
    const std::lock_guard lock(using_);
    if (up_.erase(&call) == 0) return;
    ++ended_.by_reason.at(static_cast<std::size_t>(end.reason));
    add(ended_.counted, call.line().statistics());
}

call_book::page call_book::look() const {
    const std::lock_guard lock(using_);
    page now{ended_, {}};
    now.up.reserve(up_.size());
    for (const auto& [key, call] : up_)
        now.up.push_back(call);
    return now;
}

} // namespace audiosocket::app::admin
