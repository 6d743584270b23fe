#pragma once

#include "audiosocket/call_sound.hpp"
#include "audiosocket/check/request.hpp"
#include "audiosocket/recording.hpp"

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/audio/tone.hpp>
#include <audiosocket/net/call.hpp>

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace audiosocket::app {

/// What `serve` does with each call.
struct call_plan {
    std::optional<clip> play;   ///< Played first.
    bool loop = false;          ///< Over and over.
    bool then_hangup = false;   ///< Hang up when it has been played.
    std::optional<double> tone; ///< Play this tone in Hz instead.
    bool echo = false;          ///< Send back what is heard, once there is nothing else to play.
    bool requests = false;      ///< Do what the id asks for (check::request).
    std::string barge_in;       ///< Keys that stop what is being played.
};

/// One call that is being served: carries out the plan from the call's events.
class served_call : public std::enable_shared_from_this<served_call> {
  public:
    /// Is told of each event but audio, the end included; then the call is over. Of what was cleared it is told where a
    /// key did that, once a key.
    using event_handler = std::function<void(const event&)>;

    served_call(call c, const call_plan& plan, event_handler on_event);

    void start();

    /// Records both sides from now on. To be called first of all.
    void record(std::shared_ptr<call_recording> recording);

    /// Measures what is heard and said, for the meter, which any thread may take.
    void measure();

    /// Lets somebody who looks hear both sides; null to stop. On the call's executor.
    void show(std::shared_ptr<call_sound> sound);
    const std::shared_ptr<call_sound>& shown() const noexcept { return sound_; }

    call& line() noexcept { return call_; }
    std::chrono::nanoseconds age() const { return clock::now() - since_; }

    /// Levels since asked last; nothing unless measured.
    level take_heard_level() { return ears_ ? ears_->take(ears_->heard_level) : level{}; }
    level take_said_level() { return ears_ ? ears_->take(ears_->said_level) : level{}; }

  private:
    // Feeds the recording, the meters and who looks; any of them may be absent.
    struct ears final : call_monitor {
        void heard(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
        void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

        level take(level_meter& which);

        std::shared_ptr<call_recording> recording;
        std::shared_ptr<call_sound> sound;
        std::mutex reading; // of the meters, which are shown on another thread
        level_meter heard_level;
        level_meter said_level;
    };

    void wait();
    void handle(const event& e);
    void play_next();
    void barge_in();
    bool is_news(const event& e);
    void echo(const audio_event& audio);
    void obey(check::request what, char digit);

    call call_;
    const call_plan plan_;
    const event_handler on_event_;
    const time_point since_ = clock::now();
    std::shared_ptr<ears> ears_;      // shared with the call, which outlives us while it hangs up
    boost::asio::steady_timer stall_; // while it runs the program takes nothing
    std::shared_ptr<call_sound> sound_;
    bool stalled_ = false;
    bool asked_to_play_ = false;
    std::optional<tone> tone_;
    int tone_rate_hz_ = 0;
    bool program_done_ = false; // nothing left of what the plan plays by itself
    bool key_cuts_ = false;     // a key has cleared the queue, and we have not been told what that cut
};

} // namespace audiosocket::app
