// SPDX-License-Identifier: Apache-2.0
#include "live/live_call.hpp"

namespace audiosocket::app {

void live_call::record(std::shared_ptr<call_recorder> recording) {
    if (!monitor_) monitor_ = std::make_shared<monitor>();
    monitor_->recording = std::move(recording);
    call_.set_monitor(monitor_);
}

void live_call::finish_recording() {
    if (monitor_ && monitor_->recording) monitor_->recording->finish();
}

void live_call::measure() {
    if (monitor_) return;
    monitor_ = std::make_shared<monitor>();
    call_.set_monitor(monitor_);
}

// Without a recording and a meter, a call that no one observes has no monitor, and costs nothing for it.
void live_call::show(std::shared_ptr<live_levels> levels) {
    shown_ = std::move(levels);
    if (monitor_)
        monitor_->observer = shown_;
    else
        call_.set_monitor(shown_);
}

void live_call::monitor::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    {
        const std::lock_guard lock(reading);
        received_level.add(samples);
    }
    if (recording) recording->received(samples, rate_hz, at);
    if (observer) observer->received(samples, rate_hz, at);
}

void live_call::monitor::sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    {
        const std::lock_guard lock(reading);
        sent_level.add(samples);
    }
    if (recording) recording->sent(samples, rate_hz, at);
    if (observer) observer->sent(samples, rate_hz, at);
}

level live_call::monitor::take(level_meter& which) {
    const std::lock_guard lock(reading);
    return which.take();
}

} // namespace audiosocket::app
