// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/server/wire_watch.hpp"

#include <audiosocket/net/call.hpp>
#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/net/playout_stream.hpp>

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace audiosocket::sim {

/// What an application throws out of its handlers.
struct application_failure : std::runtime_error {
    using runtime_error::runtime_error;
};

/// The user's code for one call: random requests, and the promises of the API about them.
class application : public std::enable_shared_from_this<application> {
  public:
    enum class kind { player, echo, absent, brief, generator };

    struct habits {
        kind what = kind::player;
        bool caller_is_good = true;
        bool waits_with_timeouts = false;
        nanoseconds waits_after{};       ///< before that it does not wait for events
        bool is_heard_at_once = false;   ///< machine, network and applications are healthy
        std::filesystem::path recording; ///< empty: none
        double throw_chance = 0;         ///< in a handler
        double block_chance = 0;         ///< in a handler
        nanoseconds block_max{};
    };

    application(world& in, call line, dice random, const habits& how, wire_watch& wire, std::string who);
    application(const application&) = delete;
    application& operator=(const application&) = delete;

    void start();

    /// Destroys the handle of the call.
    void drop();

    /// Checks what must be true when the call has ended and nothing is on its way. `by_caller`: the caller closed or
    /// reset the connection after this many samples and these digits, and nothing else ended the call.
    void check_end(bool by_caller, std::uint64_t caller_samples, const std::string& caller_digits) const;

    bool has_ended() const noexcept { return ends_ > 0; }
    const ended_event& end() const noexcept { return end_; }
    nanoseconds started_at() const noexcept { return started_at_; }
    nanoseconds ended_at() const noexcept { return ended_at_; }
    std::uint64_t events() const noexcept { return events_; }

  private:
    void wait();
    void wait_first();
    void on_event(boost::system::error_code error, const event& e);
    void on_audio(const audio_event& a);
    void on_mark(const std::string& name, bool cleared, nanoseconds sent, nanoseconds cut);
    void act_later();
    void act();
    void hang_up();
    void hang_up_and_drop();
    void play(std::size_t frames);
    void play_and_wait(std::size_t frames);
    void mark();
    void clear();
    void generate();
    void record();
    void misbehave();
    void complain(const std::string& what) const;

    world& world_;
    int ends_after_drop_ = 0;
    std::optional<call> call_;
    dice random_;
    const habits habits_;
    wire_watch& wire_;
    const std::string who_;
    nanoseconds started_at_;
    nanoseconds waits_since_{};
    nanoseconds ended_at_{};

    // Played.
    std::uint64_t played_ = 0; // samples
    std::uint64_t clears_ = 0;
    std::deque<std::string> marks_; // not reported yet
    std::size_t next_mark_ = 0;
    std::size_t plays_pending_ = 0;
    std::size_t next_play_ = 0;
    std::size_t plays_reported_ = 0;
    bool ends_when_played_ = false;
    std::optional<playout_stream> stream_;
    std::shared_ptr<call_recorder> recorder_;
    int recordings_finished_ = 0;

    // Received.
    std::uint64_t heard_ = 0;
    std::uint64_t heard_samples_ = 0;
    std::uint64_t skips_ = 0;
    std::string digits_;
    std::uint64_t events_ = 0;
    int ends_ = 0;
    bool saw_eof_ = false;
    ended_event end_;
    call_statistics statistics_;
};

} // namespace audiosocket::sim
