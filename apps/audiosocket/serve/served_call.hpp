// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/check_request.hpp"
#include "live/live_call.hpp"

#include <audiosocket/audio/tone.hpp>

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>

namespace audiosocket::app::serve {

/// The options of `serve` for each call.
struct call_plan {
    std::optional<clip> play;   ///< Played first.
    bool loop = false;          ///< Play it over and over.
    bool then_hangup = false;   ///< Hang up when it has been played.
    std::optional<double> tone; ///< Play this tone in Hz instead.
    bool echo = false;          ///< Send back what is received, after `play`.
    bool requests = false;      ///< Do what the id asks for (check::request).
    std::string barge_in;       ///< Keys that stop what is being played.
};

/// Carries out the plan in one call. Keeps itself and the live_call alive until ended_event.
class served_call : public std::enable_shared_from_this<served_call> {
  public:
    /// `on_event` is called for cleared_event only if a digit cleared the queue, once for each such digit.
    served_call(std::shared_ptr<live_call> live, const call_plan& plan, std::function<void(const event&)> on_event);

    void start();

  private:
    void wait();
    void handle(const event& e);
    void play_next();
    void barge_in();
    bool is_news(const event& e);
    void echo(const audio_event& audio);
    void obey(check::request what, char digit);

    const std::shared_ptr<live_call> live_;
    call& call_; // of live_
    const call_plan plan_;
    const std::function<void(const event&)> on_event_;
    boost::asio::steady_timer stall_; // while it runs the application reads and sends nothing
    bool stalled_ = false;
    bool asked_to_play_ = false;
    std::optional<tone> tone_;
    int tone_rate_hz_ = 0;
    bool plan_done_ = false; // everything that the plan plays by itself is played
    bool key_cuts_ = false;  // a key has cleared the queue, and the result has not been reported yet
};

} // namespace audiosocket::app::serve
