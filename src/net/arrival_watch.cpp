// SPDX-License-Identifier: Apache-2.0
#include "net/arrival_watch.hpp"

#include "call/frame_clock.hpp"

#include <algorithm>

namespace audiosocket::detail {
namespace {

using std::chrono::nanoseconds;

// The same place in a circle, as near to zero as it can be.
nanoseconds nearest(nanoseconds offset, nanoseconds circle) {
    offset %= circle;
    if (offset >= circle / 2) return offset - circle;
    if (offset < -circle / 2) return offset + circle;
    return offset;
}

} // namespace

void arrival_watch::looked(time_point now, bool found, time_point frame_at) {
    if (searching_) return search(now, found, frame_at);
    if (now >= frame_at && frame_at != frame_looked_at_) {
        frame_looked_at_ = frame_at;
        return look_at_frame(found);
    }
    look_between(found, now >= frame_at - ahead_ticks * tick_);
}

time_point arrival_watch::next_look(time_point now, time_point frame_at) const noexcept {
    // Counted from the beginning of the tick: a turn begins a little after it, and must not lose a whole one by that.
    const time_point tick = tick_of(now);
    const time_point latest = frame_at > now ? frame_at : tick + waiting_ticks * tick_;
    if (searching_) return std::min(latest, tick + tick_);
    if (late_looks_ >= 0) return std::min(latest, tick + tick_ * (1 << late_looks_));
    if (look_ahead_ && frame_at > now) return frame_at - ahead_ticks * tick_;
    return latest;
}

// --- Searching ---

void arrival_watch::search(time_point now, bool found, time_point frame_at) {
    if (++looks_ > looks_max) {
        searching_ = false;
        return;
    }
    const time_point look = tick_of(now);
    if (!found) {
        last_empty_look_ = look;
        return;
    }
    const bool burst = look - last_arrival_ < ptime_ / 2;
    const bool just_come = look - last_empty_look_ <= tick_;
    last_arrival_ = look;
    if (burst || !just_come) return;
    offsets_[arrivals_++] = look - frame_at;
    if (arrivals_ == arrivals_wanted) settle();
}

// The first message shows how long an answer to it waits for its frame: so much earlier all frames come. The last but
// one to arrive decides of the rest, so that a single late one does not. The sum is not brought back into one frame
// time: a shift that is off by a whole frame, either way, would leave a frame of the answer in the queue for good.
void arrival_watch::settle() {
    const nanoseconds first = offsets_[0];
    for (nanoseconds& o : offsets_)
        o = nearest(o - first, ptime_);
    std::sort(offsets_.begin(), offsets_.end());
    searching_ = false;
    frames_since_ = 0;
    move(first + offsets_[arrivals_wanted - 2]);
}

// --- Following ---

void arrival_watch::look_at_frame(bool found) {
    const bool there = std::exchange(came_early_, false) || found;
    late_looks_ = -1;
    ++frames_since_;
    if (unsettled_frames_ > 0) --unsettled_frames_;
    if (there)
        count_arrival();
    else if (frames_since_ >= frames_between_ && !silent())
        late_looks_ = 0;
    if (++frames_ < window_frames) return;
    frames_ = late_ = 0;
    look_ahead_ = !silent();
}

void arrival_watch::look_between(bool found, bool ahead) {
    if (late_looks_ >= 0) {
        if (found) count_late();
        if (found || ++late_looks_ >= late_looks_max) late_looks_ = -1;
        return;
    }
    came_early_ = came_early_ || found;
    if (!ahead || !std::exchange(look_ahead_, false) || unsettled_frames_ > 0) return;
    found_ahead_ = found ? found_ahead_ + 1 : 0;
    if (found_ahead_ == ahead_wanted) move(-tick_);
}

void arrival_watch::count_arrival() {
    if (silent()) { // until now
        searching_ = true;
        looks_ = 0;
        arrivals_ = 0;
    }
    frames_between_ = std::clamp(frames_since_, 1, silence_frames);
    frames_since_ = 0;
}

void arrival_watch::count_late() {
    count_arrival();
    if (unsettled_frames_ == 0 && ++late_ == late_max) move(tick_);
}

void arrival_watch::left_behind(nanoseconds queued) {
    const nanoseconds frames = queued - queued % ptime_;
    least_left_ = frames_left_ == 0 ? frames : std::min(least_left_, frames);
    if (searching_ || unsettled_frames_ > 0 || least_left_ == nanoseconds{} || least_left_ > standing_max * ptime_)
        frames_left_ = 0;
    else if (++frames_left_ == standing_frames)
        move(-least_left_);
}

void arrival_watch::move(nanoseconds by) {
    shift_ = by;
    frames_ = late_ = found_ahead_ = frames_left_ = 0;
    unsettled_frames_ = static_cast<int>(std::chrono::abs(by) / frame_clock::shift_a_frame) + 2;
}

} // namespace audiosocket::detail
