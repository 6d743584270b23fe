// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/playout.hpp"
#include "call/ring.hpp"
#include "call/send_watch.hpp"

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/protocol/encoder.hpp>

#include <optional>
#include <span>

namespace audiosocket {

/// Sends the messages of a call, one at a time: messages without audio (id, digits, hangup) first, then the frame that
/// is due.
///
/// Invariant: at most one message is in flight, and it stays the same until it has been sent or the connection is lost.
class transmission {
  public:
    transmission(const call_options& options, call_statistics& counters)
        : counters_(counters), watch_(options.send_timeout, options.ptime), playout_(options, counters) {}

    /// Returns the maker of the frames.
    playout& frames() noexcept { return playout_; }
    const playout& frames() const noexcept { return playout_; }

    /// Sends the frames from the next one on as linear audio of this kind.
    void change_kind(kind to) noexcept { next_kind_ = to; }

    /// Queues a message without audio.
    void push(const outgoing_message& m) { control_.push() = m; }

    /// Returns how many messages without audio are queued, without the message in flight.
    std::size_t queued() const noexcept { return control_.size(); }
    void drop_queued() noexcept { control_.clear(); }

    /// Returns the message in flight. If there is none, takes the next message, whose time counts from `now`; empty if
    /// nothing is due. The monitor (or null) gets each frame once.
    std::span<const std::byte> message(time_point now, call_monitor* monitor) {
        if (in_flight_.empty()) {
            in_flight_ = compose(now, monitor);
            if (!in_flight_.empty()) watch_.begun(now);
        }
        return in_flight_;
    }
    bool in_flight() const noexcept { return !in_flight_.empty(); }

    /// Returns whether no message without audio is queued and none is in flight.
    bool idle() const noexcept { return control_.empty() && in_flight_.empty(); }

    /// Takes note that the message in flight has been sent. Returns whether it was a frame.
    bool sent(time_point now) noexcept;

    /// Drops everything, because the connection is lost.
    void abandon() noexcept;

    /// Returns when to call too_slow() next; time_point::max() while nothing is in flight.
    time_point deadline() const noexcept { return watch_.deadline(); }

    /// Returns whether the network takes what we send too slowly (send_watch).
    bool too_slow(time_point now) noexcept { return watch_.look(now); }

  private:
    std::span<const std::byte> compose(time_point now, call_monitor* monitor);

    call_statistics& counters_;
    send_watch watch_;
    playout playout_;
    ring<outgoing_message> control_;
    outgoing_message control_in_flight_;
    std::span<const std::byte> in_flight_;
    std::optional<kind> next_kind_;
    bool frame_in_flight_ = false; // `in_flight_` is audio
};

} // namespace audiosocket
