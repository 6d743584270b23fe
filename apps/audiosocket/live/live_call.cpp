// SPDX-License-Identifier: Apache-2.0
#include "live/live_call.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

namespace audiosocket::app {

using audiosocket::detail::unless_memory_is_out;

// A call without observers has no monitor, so it costs nothing.
live_call::monitor& live_call::monitored() {
    if (!monitor_) {
        monitor_ = std::make_shared<monitor>();
        monitor_->observer = shown_;
        call_.set_monitor(monitor_);
    }
    return *monitor_;
}

void live_call::record(std::shared_ptr<call_recorder> recording) {
    monitored().recording = std::move(recording);
}

void live_call::finish_recording() {
    if (monitor_ && monitor_->recording) monitor_->recording->finish();
}

void live_call::judge(input_format read_as, caller_judge::handler on_finding) {
    monitored().judge.emplace(read_as, std::move(on_finding));
}

void live_call::measure() {
    if (measured_) return;
    monitored().measured = measured_ = std::make_shared<meters>();
}

void live_call::hear(std::shared_ptr<call_monitor> own) {
    monitored().own = std::move(own);
}

void live_call::show(std::shared_ptr<live_levels> levels) {
    shown_ = std::move(levels);
    if (monitor_)
        monitor_->observer = shown_;
    else
        call_.set_monitor(shown_);
}

// A monitor must not throw. One that has no memory for what it observes misses it.

void live_call::monitor::arrived(const message& audio, time_point at) {
    if (judge) unless_memory_is_out([&] { judge->add(audio, at); });
}

void live_call::monitor::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    if (judge) judge->read_at(rate_hz);
    if (measured) measured->add(measured->received, samples);
    if (recording) recording->received(samples, rate_hz, at);
    if (observer) observer->received(samples, rate_hz, at);
    if (own) unless_memory_is_out([&] { own->received(samples, rate_hz, at); });
}

void live_call::monitor::sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    if (measured) measured->add(measured->sent, samples);
    if (recording) recording->sent(samples, rate_hz, at);
    if (observer) observer->sent(samples, rate_hz, at);
    if (own) unless_memory_is_out([&] { own->sent(samples, rate_hz, at); });
}

void live_call::meters::add(level_meter& to, std::span<const std::int16_t> samples) {
    const std::lock_guard lock(reading);
    to.add(samples);
}

level live_call::meters::take(level_meter& which) {
    const std::lock_guard lock(reading);
    return which.take();
}

} // namespace audiosocket::app
