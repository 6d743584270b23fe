// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/caller_judge.hpp"
#include "live/live_levels.hpp"
#include "live/recording.hpp"

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/net/call.hpp>

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

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

    /// Judges the caller's audio from now on. Called before the first event is taken. `on_finding` is called on the
    /// call's executor, also after this live_call is gone, and must not act on the call.
    void judge(input_format read_as, caller_judge::handler on_finding);

    /// What was found so far, or null. On the call's executor.
    const caller_judge* judged() const noexcept { return monitor_ && monitor_->judge ? &*monitor_->judge : nullptr; }

    /// Measures both sides for a meter, which any thread may read.
    void measure();

    /// Levels since the last call of the same function; the floor unless measure() was called. On any thread.
    level take_received_level() { return measured_ ? measured_->take(measured_->received) : level{}; }
    level take_sent_level() { return measured_ ? measured_->take(measured_->sent) : level{}; }

    /// Lets the verb's own monitor hear both sides from now on. Called before the first event is taken.
    void hear(std::shared_ptr<call_monitor> own);

    /// What the verb says about this call for those who look at it, by name. `how` runs on the call's executor and must
    /// not act on the call. Called before the first event is taken.
    void describe(std::function<boost::json::object()> how) { describe_ = std::move(how); }

    /// Returns that; empty without describe(). On the call's executor.
    boost::json::object description() const { return describe_ ? describe_() : boost::json::object(); }

    /// Feeds both sides to this observer; null to stop. On the call's executor.
    void show(std::shared_ptr<live_levels> levels);
    const std::shared_ptr<live_levels>& shown() const noexcept { return shown_; }

  private:
    // Levels that another thread shows.
    struct meters {
        void add(level_meter& to, std::span<const std::int16_t> samples);
        level take(level_meter& which);

        std::mutex reading;
        level_meter received;
        level_meter sent;
    };

    // Feeds the judge, the recording, the meters, the observer and the monitor of the verb; each of them is optional.
    struct monitor final : call_monitor {
        void arrived(const message& audio, time_point at) override;
        void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
        void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

        std::optional<caller_judge> judge;
        std::shared_ptr<call_recorder> recording;
        std::shared_ptr<live_levels> observer;
        std::shared_ptr<call_monitor> own; // of the verb
        std::shared_ptr<meters> measured;
    };

    monitor& monitored();

    call call_;
    const time_point since_ = clock::now();
    std::shared_ptr<monitor> monitor_; // shared with the call, which outlives this while it hangs up
    std::shared_ptr<meters> measured_;
    std::shared_ptr<live_levels> shown_;
    std::function<boost::json::object()> describe_;
};

/// Something that happened in a call besides its events: a line of the log and a JSON event.
struct call_note {
    /// How much it matters: for the log with --verbose, for the log, a warning.
    enum class weight { detail, news, warning };

    weight how = weight::news;     ///< How much it matters.
    std::string name;              ///< Of the JSON event: "backend_lost".
    std::string text;              ///< For the log, behind "call ID: ".
    boost::json::object details{}; ///< More members of the JSON event.
};

/// Where a verb reports what happens in a call. Both are called on the call's executor.
struct call_reporting {
    std::function<void(const event&)> event;    ///< Each event but audio, ended_event included and last.
    std::function<void(const call_note&)> note; ///< Anything else.
};

/// What a verb does with its calls: called on the call's executor when the call starts. The factory takes the call's
/// events from then on and keeps the live_call alive until ended_event.
using call_factory = std::function<void(std::shared_ptr<live_call> call, call_reporting report)>;

} // namespace audiosocket::app
