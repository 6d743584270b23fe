// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/world.hpp"

#include <audiosocket/call/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace audiosocket::sim {

/// A well-behaved caller, as Asterisk is one: numbered audio and digits, until it hangs up.
class caller {
  public:
    struct plan {
        nanoseconds hangs_up_after{};
        double digit_chance = 0.02; ///< of a digit in a frame time
        double pause_chance = 0;    ///< of a pause of the audio to begin in a frame time
        int pause_frames_max = 60;  ///< of a pause
        bool begins_silent = false; ///< with a pause
        bool resets = false;        ///< ends with a reset, and not with a hangup
    };

    caller(world& in, remote& line, const uuid& id, dice random, const plan& plan);
    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;

    /// Hangs up now.
    void hang_up();

    /// Returns whether the call has ended, and the connection is closed.
    bool is_over() const noexcept { return over_; }

    /// Returns the number behind the last sample that was sent.
    std::uint64_t sent() const noexcept { return sent_; }
    const std::string& digits() const noexcept { return digits_; }
    bool hung_up() const noexcept { return hung_up_; }

    /// Returns whether it has closed in order.
    bool closed_in_order() const noexcept { return hung_up_ && over_ && !plan_.resets; }

    /// Returns whether the server has closed its side in order.
    bool got_end() const noexcept { return got_end_; }
    const ended_event& end() const noexcept { return end_; }

  private:
    void on_change();
    void fall_silent();
    void speak();
    void pump();
    void send(std::span<const std::byte> message);
    void note(const event& e);

    world& world_;
    remote& line_;
    dice random_;
    const plan plan_;
    session session_;
    nanoseconds speaks_at_;
    nanoseconds hangs_up_at_;
    int silent_frames_ = 0;
    std::uint64_t queued_ = 0;
    std::uint64_t sent_ = 0;
    std::size_t part_sent_ = 0;
    std::string digits_;
    ended_event end_;
    std::uint64_t timer_ = 0;
    bool hung_up_ = false;
    bool got_end_ = false;
    bool over_ = false;
};

} // namespace audiosocket::sim
