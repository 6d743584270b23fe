// SPDX-License-Identifier: Apache-2.0
#include "net/arrival_watch.hpp"

#include "call/frame_clock.hpp"

#include <algorithm>
#include <functional>

namespace audiosocket::detail {
namespace {

using std::chrono::nanoseconds;

// Returns the same position in the circle, as close to zero as possible.
nanoseconds nearest(nanoseconds offset, nanoseconds circle) {
    offset %= circle;
    if (offset >= circle / 2) return offset - circle;
    if (offset < -circle / 2) return offset + circle;
    return offset;
}

} // namespace

void arrival_watch::arrived(time_point now, time_point frame_at) {
    const time_point tick = tick_of(now);
    // A frame that is a whole frame time late is late by our own fault; the sender catches up after this.
    if (tick - frame_at >= ptime_) frame_at += (tick - frame_at) / ptime_ * ptime_;
    if (silent() && !searching_) {
        searching_ = true;
        arrivals_ = 0;
    }
    auto missing_at = std::exchange(missing_at_, std::nullopt);
    if (missing_at && tick - *missing_at > late_most()) missing_at.reset();
    const int frame_missing = missing_at ? 1 : 0; // the frame of this message has been sent already
    frames_between_ = std::clamp(frames_since_ - frame_missing, 1, silence_frames);
    frames_since_ = frame_missing;
    if (searching_) return search(tick, frame_at);
    if (missing_at) return note(tick - *missing_at);
    if (!std::exchange(came_, true)) note(tick - frame_at);
}

void arrival_watch::frame_passed(time_point frame_at) {
    ++frames_since_;
    if (unsettled_frames_ > 0) --unsettled_frames_;
    const bool expected = frames_since_ > frames_between_ && !silent();
    if (!std::exchange(came_, false) && expected && !searching_) missing_at_ = frame_at;
}

// --- Searching ---

void arrival_watch::search(time_point tick, time_point frame_at) {
    const bool burst = tick - last_arrival_ < ptime_ / 2;
    last_arrival_ = tick;
    if (burst) return;
    offsets_[arrivals_++] = tick - frame_at;
    if (arrivals_ == arrivals_wanted) settle();
}

// The first message shows how long an answer to it waits for its frame: all frames move earlier by that. For the rest,
// the second latest arrival decides, so that a single late message does not. The sum is not reduced to one frame time:
// a shift that is wrong by a whole frame would leave a frame of the answer in the queue permanently.
void arrival_watch::settle() {
    const nanoseconds first = offsets_[0];
    for (nanoseconds& o : offsets_)
        o = nearest(o - first, ptime_);
    std::sort(offsets_.begin(), offsets_.end());
    searching_ = false;
    move(first + offsets_[arrivals_wanted - 2]);
}

// --- Following ---

void arrival_watch::note(nanoseconds after_frame) {
    if (unsettled_frames_ > 0) return;
    if (noted_ == 0) latest_.fill(nanoseconds::min());
    const auto place = std::ranges::upper_bound(latest_, after_frame, std::greater{});
    if (place != latest_.end()) {
        std::move_backward(place, latest_.end() - 1, latest_.end());
        *place = after_frame;
    }
    const nanoseconds nearly_all = latest_[late_max];
    const bool window_ends = ++noted_ == window_messages;
    if (window_ends) noted_ = 0;
    if (nearly_all >= tick_)
        move(nearly_all);
    else if (window_ends && nearly_all <= -tick_)
        move(std::min(nearly_all / 2 / tick_ * tick_, -tick_)); // the next window may show that the rest is needed
}

void arrival_watch::move(nanoseconds by) {
    shift_ = by;
    noted_ = 0;
    missing_at_.reset();
    unsettled_frames_ = static_cast<int>(std::chrono::abs(by) / frame_clock::shift_a_frame) + 2;
}

} // namespace audiosocket::detail
