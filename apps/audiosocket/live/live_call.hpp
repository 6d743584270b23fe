// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/live_levels.hpp"
#include "live/recording.hpp"

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/net/call.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace audiosocket::app {

/// A call in progress, with what the process keeps about it whatever the call is for: its age, its recording, its
/// levels. A verb decides what happens in the call (call_factory).
class live_call : public std::enable_shared_from_this<live_call> {
  public:
    explicit live_call(call line) : call_(std::move(line)) {}

    call& line() noexcept { return call_; }
    const call& line() const noexcept { return call_; }
    std::chrono::nanoseconds age() const { return clock::now() - since_; }

    /// Records both sides from now on. Called before the first event is taken.
    void record(std::shared_ptr<call_recorder> recording);

    /// Completes the recording, if there is one. On the call's executor, after ended_event.
    void finish_recording();

    /// Measures both sides for a meter, which any thread may read.
    void measure();

    /// Levels since the last call of the same function; the floor unless measure() was called. On any thread.
    level take_received_level() { return monitor_ ? monitor_->take(monitor_->received_level) : level{}; }
    level take_sent_level() { return monitor_ ? monitor_->take(monitor_->sent_level) : level{}; }

    /// Feeds both sides to this observer; null to stop. On the call's executor.
    void show(std::shared_ptr<live_levels> levels);
    const std::shared_ptr<live_levels>& shown() const noexcept { return shown_; }

  private:
    // Feeds the recording, the meters and the observer; each of them is optional.
    struct monitor final : call_monitor {
        void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
        void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

        level take(level_meter& which);

        std::shared_ptr<call_recorder> recording;
        std::shared_ptr<live_levels> observer;
        std::mutex reading; // of the meters, which another thread shows
        level_meter received_level;
        level_meter sent_level;
    };

    call call_;
    const time_point since_ = clock::now();
    std::shared_ptr<monitor> monitor_; // shared with the call, which outlives this while it hangs up
    std::shared_ptr<live_levels> shown_;
};

/// Called for each event of a call but audio, ended_event included and last, on the call's executor.
using event_handler = std::function<void(const event&)>;

/// What a verb does with its calls: called on the call's executor when the call starts. The factory takes the call's
/// events from then on and keeps the live_call alive until ended_event.
using call_factory = std::function<void(std::shared_ptr<live_call> call, event_handler on_event)>;

} // namespace audiosocket::app
