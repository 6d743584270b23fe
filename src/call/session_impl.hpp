// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/lifecycle.hpp"
#include "call/message_watch.hpp"
#include "call/reception.hpp"
#include "call/transmission.hpp"

#include <audiosocket/call/session.hpp>
#include <audiosocket/protocol/decoder.hpp>

#include <optional>

namespace audiosocket {

/// The rules of a call, made of its parts: what arrives (decoder, message_watch, reception, receive_queue), what is
/// sent (transmission), and the phase of the call (lifecycle).
///
/// While the call is in progress, a frame is due every ptime. While it closes, a server sends a hangup (00 00 00), and
/// both sides send a FIN and read on. What arrives then is dropped; it is read only because closing a socket with
/// unread data resets the connection.
///
/// Invariants: frames are made only while the call is in progress. ended_event is the last event, once, when the call
/// is closed. A message that is half sent is dropped only with the connection.
struct session::impl {
    impl(role own_side, const call_options& options, time_point start)
        : learns_format(own_side == role::server && !options.send_format), side(own_side),
          playout_max(options.playout_queue), now(start), life(options, start),
          watch(options.message_timeout, options.idle_timeout, counters), output(options, counters),
          events(options.receive_queue, counters), receiving(options, counters, events) {}

    // What happens on the wire, at the time `now`.
    void receive(std::span<const std::byte> bytes);
    void receive_end();
    void connection_failed(error_code error);
    void advance();
    std::span<const std::byte> transmit();
    void transmitted();

    // Returns when something must be done next. Frames that cannot be sent at the moment are not due.
    time_point deadline(bool can_transmit) const noexcept;
    time_point patience_ends() const noexcept; // when the session gives up the peer if nothing arrives

    // What the application requests.
    error_code refuse_if_ending() const noexcept;
    error_code refuse_audio() const noexcept;
    error_code refuse_if_full(std::chrono::nanoseconds more) const noexcept;
    error_code refuse_if_too_many_marks() const noexcept;
    void clear();
    void hang_up();
    void hang_up_if_played();

    // Incoming messages.
    void take(const message& m);
    void take_id(const message& m);
    void take_digit(const message& m);
    void look_ahead();

    // The phases of the call.
    void start(const uuid& with);
    void report_reached();
    void begin_close(const ended_event& why);
    void close_when_done();
    void finish();

    // What the application gets, in order.
    bool has_event() const noexcept;
    std::optional<event> next_event();

    std::optional<uuid> id;
    bool hang_up_after_playout = false;
    const bool learns_format; // the first audio of the peer decides the format that we send
    const role side;
    const std::chrono::milliseconds playout_max;
    call_statistics counters;
    time_point now; // the last time that was passed
    lifecycle life;
    message_watch watch;
    transmission output;
    receive_queue events;
    reception receiving;
    decoder incoming;
    call_monitor* monitor = nullptr;
};

} // namespace audiosocket
