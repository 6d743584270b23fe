// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace audiosocket {

/// The monotonic clock that events, deadlines and call_monitor use.
using clock = std::chrono::steady_clock;

/// A moment on audiosocket::clock.
using time_point = clock::time_point;

/// The call is in progress: its id has arrived, or was sent on the calling side. Only a session reports it. It is the
/// first event, except for cleared_events of marks that the application queued and cleared before. A `call` does not
/// report it, because async_accept and async_connect complete with a call in progress.
struct started_event {
    /// The id of the call. Not unique: see uuid.
    uuid id;
};

/// Audio from the peer.
struct audio_event {
    /// Mono samples. Valid until the application asks for the next event.
    std::span<const std::int16_t> samples;
    /// The rate in Hz; it does not change during a call.
    int rate_hz = 0;
};

/// The peer pressed a key; Asterisk sends it when the key is released. The event is in order with the audio around it.
struct dtmf_event {
    /// 0-9, A-D, * or #.
    char digit = 0;
};

/// A mark was reached: all audio queued before it has been sent.
struct played_event {
    /// The name that the application gave to the mark.
    std::string mark;
    /// How much audio was sent since the mark before it (or the last clear).
    std::chrono::milliseconds sent{};
};

/// A clear removed this mark from the playout queue before it was reached. Audio behind the last mark is reported with
/// an empty name.
struct cleared_event {
    /// The name that the application gave to the mark; empty for audio behind the last mark.
    std::string mark;
    /// How much of its audio was sent: the peer heard this part.
    std::chrono::milliseconds sent{};
    /// How much of its audio was cut off.
    std::chrono::milliseconds cut{};
};

/// Why a call ended.
enum class end_reason {
    none,               ///< It has not ended.
    peer_hung_up,       ///< The peer sent a hangup or closed its side in an orderly way.
    peer_reset,         ///< The peer reset the connection. Not an error: Asterisk does this if it hangs up with unread
                        ///< audio.
    hung_up,            ///< We hung up.
    protocol_violation, ///< The peer broke the protocol; ended_event::error says how.
    peer_error,         ///< The peer sent an error message; ended_event::peer_error has its code.
    timed_out,          ///< A deadline passed; ended_event::error says which.
    connection_failed,  ///< The network failed; ended_event::error says how.
    never_started,      ///< The connection closed without a byte. Not a call; Asterisk sometimes does this.
};

/// Returns the reason in words ("peer hung up").
AUDIOSOCKET_EXPORT std::string_view name(end_reason reason) noexcept;

/// Returns whether the call ended by a fault, and not by a hang-up.
constexpr bool is_failure(end_reason reason) noexcept {
    return reason == end_reason::protocol_violation || reason == end_reason::peer_error ||
           reason == end_reason::timed_out || reason == end_reason::connection_failed;
}

/// The call has ended. Each call has exactly one such event, and it is the last.
struct ended_event {
    /// Which side ended it, and how.
    end_reason reason = end_reason::none;
    /// The details of the reason, if there are any: protocol_errc, or an error of the system.
    error_code error;
    /// The code in the peer's error message; `none` if the peer sent none.
    error_bits peer_error = error_bits::none;
};

/// What a call reports to the application, in order. An event is a std::variant: use std::visit, std::get_if or
/// std::holds_alternative.
///
/// It is a class of its own because Boost.Asio's `||` of two awaitables flattens a plain std::variant in its result. As
/// a class, `co_await (c.async_next_event(use_awaitable) || timer.async_wait(use_awaitable))` has index 0 for an event
/// and 1 for the timer.
///
/// That `||` waits for the first operation that succeeds. If an operation fails (the call has ended, for example), the
/// wait continues until the timer ends it. To let a failure end the wait, make it a result with Boost.Asio's
/// `as_tuple`: `c.async_next_event(as_tuple(use_awaitable)) || ...`. If you need only a timeout, use
/// call::async_next_event(timeout).
class event : public std::variant<started_event, audio_event, dtmf_event, played_event, cleared_event, ended_event> {
  public:
    using variant::variant;
};

} // namespace audiosocket
