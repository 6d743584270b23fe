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

/// A call in progress, with what the process keeps for every call: its age, its recording, its levels. A verb decides
/// what happens in the call (call_factory).
class live_call : public std::enable_shared_from_this<live_call> {
  public:
    explicit live_call(call line) : call_(std::move(line)) {}

    call& line() noexcept { return call_; }
    const call& line() const noexcept { return call_; }
    std::chrono::nanoseconds age() const { return clock::now() - since_; }

    /// Records both sides from now on. Called before the first event is taken.
    void record(std::shared_ptr<call_recorder> recording);

    /// Completes the recording, if there is one. Called after the last event, on any thread.
    void finish_recording();

    /// Judges the caller's audio from now on. Called before the first event is taken. `on_finding` is called on the
    /// call's executor, also after this live_call is destroyed, and must not act on the call.
    void judge(input_format read_as, caller_judge::handler on_finding);

    /// Returns the judge, or null without one. Called on the call's executor.
    const caller_judge* judged() const noexcept { return monitor_ && monitor_->judge ? &*monitor_->judge : nullptr; }

    /// Measures both sides for a meter, which any thread may read.
    void measure();

    /// Return the level since the last call of the same function; the floor without measure(). On any thread.
    level take_received_level() { return measured_ ? measured_->take(measured_->received) : level{}; }
    level take_sent_level() { return measured_ ? measured_->take(measured_->sent) : level{}; }

    /// Feeds both sides to the verb's own monitor from now on. Called before the first event is taken.
    void hear(std::shared_ptr<call_monitor> own);

    /// Sets what the verb reports about this call in the list of calls, by name. `how` runs on the call's executor and
    /// must not act on the call. Called before the first event is taken.
    void describe(std::function<boost::json::object()> how) { describe_ = std::move(how); }

    /// Returns that; empty without describe(). Called on the call's executor.
    boost::json::object description() const { return describe_ ? describe_() : boost::json::object(); }

    /// Feeds both sides to this observer; null to stop. Called on the call's executor.
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
    std::shared_ptr<monitor> monitor_; // shared with the call, which outlives this object while it hangs up
    std::shared_ptr<meters> measured_;
    std::shared_ptr<live_levels> shown_;
    std::function<boost::json::object()> describe_;
};

/// Something other than an event that happened in a call: a line of the log and a JSON event.
struct call_note {
    /// detail: logged with --verbose; news: logged; warning: logged as a warning.
    enum class weight { detail, news, warning };

    weight how = weight::news;     ///< Which log level it has.
    std::string name;              ///< Of the JSON event: "backend_lost".
    std::string text;              ///< For the log, after "call ID: ".
    boost::json::object details{}; ///< More members of the JSON event.
};

/// The functions by which a verb reports what happens in a call. Both are called on the call's executor.
struct call_reporting {
    std::function<void(const event&)> event;    ///< Each event except audio; ended_event is the last.
    std::function<void(const call_note&)> note; ///< Anything else.
};

/// What a verb does with its calls: called on the call's executor when the call starts. From then on the factory takes
/// the call's events and keeps the live_call alive until ended_event.
using call_factory = std::function<void(std::shared_ptr<live_call> call, call_reporting report)>;

} // namespace audiosocket::app
