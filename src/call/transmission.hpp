// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/playout.hpp"
#include "call/ring.hpp"

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/protocol/encoder.hpp>

#include <optional>
#include <span>

namespace audiosocket {

/// What a call sends, one message at a time: messages without audio first (id, digits, hangup), then the frame that is
/// due.
///
/// Invariant: at most one message is in flight, and it stays the same until it has been sent or the connection is lost.
class transmission {
  public:
    transmission(const call_options& options, call_statistics& counters)
        : counters_(counters), send_timeout_(options.send_timeout), playout_(options, counters) {}

    /// Makes the frames.
    playout& frames() noexcept { return playout_; }
    const playout& frames() const noexcept { return playout_; }

    /// Sends the frames from the next one on as linear audio of this kind.
    void change_kind(kind to) noexcept { next_kind_ = to; }

    /// Queues a message without audio.
    void push(const outgoing_message& m) { control_.push() = m; }

    /// Messages without audio that are queued, the one in flight not counted.
    std::size_t queued() const noexcept { return control_.size(); }
    void drop_queued() noexcept { control_.clear(); }

    /// The message in flight. If there is none, takes the next one, and counts its time from `now`; empty if nothing is
    /// due. The monitor (or null) hears each frame once.
    std::span<const std::byte> message(time_point now, call_monitor* monitor) {
        if (in_flight_.empty()) {
            in_flight_ = compose(now, monitor);
            if (!in_flight_.empty()) send_deadline_ = now + send_timeout_;
        }
        return in_flight_;
    }
    bool in_flight() const noexcept { return !in_flight_.empty(); }

    /// Nothing without audio is queued, and nothing is in flight.
    bool idle() const noexcept { return control_.empty() && in_flight_.empty(); }

    /// The message in flight has been sent. Returns whether it was a frame.
    bool sent(time_point now) noexcept;

    /// The connection is lost, and what was to be sent with it.
    void abandon() noexcept;

    /// When the message in flight counts as not taken by the network.
    time_point send_deadline() const noexcept { return send_deadline_; }

  private:
    std::span<const std::byte> compose(time_point now, call_monitor* monitor);

    call_statistics& counters_;
    std::chrono::milliseconds send_timeout_;
    playout playout_;
    ring<outgoing_message> control_;
    outgoing_message control_in_flight_;
    std::span<const std::byte> in_flight_;
    time_point send_deadline_ = time_point::max();
    std::optional<kind> next_kind_;
    bool frame_in_flight_ = false; // `in_flight_` is audio
};

} // namespace audiosocket
