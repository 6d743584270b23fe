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

/// The clock of everything here: monotonic. Events, deadlines and call_monitor count by it.
using clock = std::chrono::steady_clock;

/// A moment on that clock.
using time_point = clock::time_point;

/// The id has arrived (or, on the calling side, was sent): the call is in progress. Only a session reports it: first of
/// all events, except for cleared_events of marks that the application queued and cleared before. A `call` does not,
/// on either side, because async_accept and async_connect complete with it: the first wait gives what comes next.
struct started_event {
    /// Which call this is. Not unique: see uuid.
    uuid id;
};

/// Audio from the peer.
struct audio_event {
    /// Mono. Valid until the next event is asked for.
    std::span<const std::int16_t> samples;
    /// Samples a second; the same for the whole call.
    int rate_hz = 0;
};

/// The peer pressed a key (Asterisk reports it when the key is released). In order with the audio around it.
struct dtmf_event {
    /// 0-9, A-D, * or #.
    char digit = 0;
};

/// A mark was reached: all audio queued before it has been handed to the network.
struct played_event {
    /// The name that the application gave it.
    std::string mark;
    /// How much audio was sent since the mark before (or the last clear).
    std::chrono::milliseconds sent{};
};

/// A clear took this mark out of the queue before it was reached; audio behind the last mark is reported with an empty
/// name.
struct cleared_event {
    /// The name that the application gave it; empty for audio behind the last mark.
    std::string mark;
    /// How much of its audio had been sent: what the caller heard of it.
    std::chrono::milliseconds sent{};
    /// How much of its audio was cut off.
    std::chrono::milliseconds cut{};
};

/// Why a call ended.
enum class end_reason {
    none,               ///< It has not.
    peer_hung_up,       ///< The peer sent a hangup or closed its side in an orderly way.
    peer_reset,         ///< The peer reset the connection. Asterisk does when it hangs up with unread audio: no error.
    hung_up,            ///< We hung up.
    protocol_violation, ///< The peer broke the protocol; ended_event::error says how.
    peer_error,         ///< The peer sent an error message; ended_event::peer_error has its code.
    timed_out,          ///< A deadline passed; ended_event::error says which.
    connection_failed,  ///< The network failed; ended_event::error says how.
    never_started,      ///< The connection closed without a byte. Asterisk does this; it is not a call.
};

/// The field's words for it ("peer hung up").
AUDIOSOCKET_EXPORT std::string_view name(end_reason reason) noexcept;

/// Whether the end was something to look into, rather than a hang-up.
constexpr bool is_failure(end_reason reason) noexcept {
    return reason == end_reason::protocol_violation || reason == end_reason::peer_error ||
           reason == end_reason::timed_out || reason == end_reason::connection_failed;
}

/// The call is over. Last of all events, and there is exactly one.
struct ended_event {
    /// Which side ended it, and how.
    end_reason reason = end_reason::none;
    /// More about the reason where there is more: protocol_errc, or an error of the system.
    error_code error;
    /// The code of the peer's error message.
    error_bits peer_error = error_bits::none;
};

/// What a call reports to the application, in order: one of these, as a std::variant has it (std::visit, std::get_if,
/// std::holds_alternative).
///
/// A class of its own, because Boost.Asio's `||` of two awaitables takes a bare std::variant apart: its alternatives
/// would become alternatives of the result. As it is, `co_await (c.async_next_event(use_awaitable) ||
/// timer.async_wait(use_awaitable))` has index 0 for an event and 1 for the timer.
///
/// In such a race `||` waits for the first operation that succeeds. One that fails (the call has ended, its own
/// timeout) is left out, and the race goes on until the timer. Where a failure is to end the race, make it a result:
/// `as_tuple` of Boost.Asio, `c.async_next_event(as_tuple(use_awaitable)) || ...`. For a timeout alone use
/// call::async_next_event(timeout).
class event : public std::variant<started_event, audio_event, dtmf_event, played_event, cleared_event, ended_event> {
  public:
    using variant::variant;
};

} // namespace audiosocket
