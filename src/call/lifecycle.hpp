// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/event.hpp>

#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

namespace audiosocket {

/// The phase of a call, and until when it may stay in it.
///
///            id arrived / sent            either side ends it            both directions done,
///   handshake ----------------> up ----------------------------> closing ----------------------> closed
///       |                                                           ^   or hangup_timeout
///       +----- no id, a wrong one, closed, too late ----------------+
///
/// Invariants: the phases only move to the right; the first reason of the end stays.
class lifecycle {
  public:
    lifecycle(const call_options& options, time_point start) noexcept
        : hangup_timeout_(options.hangup_timeout), deadline_(start + options.id_timeout) {}

    bool in_handshake() const noexcept { return phase_ == phase::handshake; }
    bool up() const noexcept { return phase_ == phase::up; }
    bool closing() const noexcept { return phase_ == phase::closing; }
    bool closed() const noexcept { return phase_ == phase::closed; }

    /// Returns whether the call is closing or closed, so that the application can do nothing more.
    bool ending() const noexcept { return phase_ >= phase::closing; }

    /// Begins the call: its id is known.
    void start() noexcept {
        assert(in_handshake());
        phase_ = phase::up;
        deadline_ = time_point::max();
    }

    /// Begins to end the call for this reason. It must not be ending already.
    void begin_close(const ended_event& why, time_point now) noexcept {
        assert(!ending());
        phase_ = phase::closing;
        end_ = why;
        deadline_ = now + hangup_timeout_;
    }

    /// Takes note that the peer sends nothing more.
    void peer_done() noexcept { peer_done_ = true; }

    /// Takes note that a closing call has sent everything. Returns whether both directions are done.
    bool sending_is_done() noexcept {
        assert(closing());
        sending_done_ = true;
        return peer_done_;
    }
    bool sending_done() const noexcept { return sending_done_; }

    /// Returns whether the sending side of the socket must be shut down now; true once.
    bool take_shut_down() noexcept { return sending_done_ && !std::exchange(shut_down_taken_, true); }

    /// Ends the call, because its connection has ended.
    void finish() noexcept {
        assert(closing());
        phase_ = phase::closed;
        deadline_ = time_point::max();
    }

    /// Returns whether the end has not been reported.
    bool end_waits() const noexcept { return closed() && !end_taken_; }

    /// Returns the end to report, once.
    std::optional<ended_event> take_end() noexcept {
        if (!end_waits()) return std::nullopt;
        end_taken_ = true;
        return end_;
    }

    /// Returns when the id, or the peer's part of the hang-up, is too late.
    time_point deadline() const noexcept { return deadline_; }
    bool id_is_late(time_point now) const noexcept { return in_handshake() && now >= deadline_; }
    bool close_is_late(time_point now) const noexcept { return closing() && now >= deadline_; }

  private:
    enum class phase : std::uint8_t { handshake, up, closing, closed };

    std::chrono::milliseconds hangup_timeout_;
    time_point deadline_; // of the phase: for the id, or for the peer's part of the hang-up
    ended_event end_;
    phase phase_ = phase::handshake;
    bool peer_done_ = false;
    bool sending_done_ = false;
    bool shut_down_taken_ = false;
    bool end_taken_ = false;
};

} // namespace audiosocket
