// SPDX-License-Identifier: Apache-2.0
#include "call/session_impl.hpp"

#include "call/early_objection.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace audiosocket {

// --- Incoming ---

void session::impl::receive(std::span<const std::byte> bytes) {
    counters.bytes_received += bytes.size();
    if (life.ending() || bytes.empty()) return;

    watch.arrived(incoming.pending_bytes().size(), now);
    bool completed_one = false;
    incoming.feed(bytes);
    while (!life.ending()) {
        const auto m = incoming.next();
        if (!m) break;
        completed_one = true;
        take(*m);
    }
    if (!life.ending()) look_ahead();
    if (!life.ending()) watch.decoded(completed_one, incoming.in_message());
}

void session::impl::take(const message& m) {
    if (life.in_handshake()) {
        if (side == role::server) return take_id(m);
        start(*id); // the answer to our id came before transmitted() for the id
    }
    if (is_audio(m.kind)) {
        const bool first = receiving.take(m, now, monitor);
        // The calling side chose its format, so we send the same.
        if (first && learns_format) output.change_kind(m.kind);
        return;
    }
    receiving.let_go(monitor); // no event may overtake audio
    switch (m.kind) {
    case kind::hangup: return begin_close({end_reason::peer_hung_up, {}, {}});
    case kind::error: return begin_close({end_reason::peer_error, protocol_errc::error_received, m.error()});
    case kind::id:
        if (side == role::server) return begin_close({end_reason::protocol_violation, protocol_errc::id_repeated, {}});
        break;
    case kind::dtmf:
        if (side == role::server) return take_digit(m);
        break;
    default: break;
    }
    ++counters.unknown_kinds;
}

void session::impl::take_id(const message& m) {
    if (m.kind == kind::hangup) return begin_close({end_reason::never_started, {}, {}});
    error_code error;
    const uuid arrived = m.id(error);
    if (error == protocol_errc::wrong_kind) error = protocol_errc::id_expected;
    if (error) return begin_close({end_reason::protocol_violation, error, {}});
    start(arrived);
}

void session::impl::take_digit(const message& m) {
    const auto digit = m.dtmf_digit();
    if (!digit) {
        ++counters.bad_digits;
        return;
    }
    ++counters.digits_received;
    events.push_digit(*digit);
}

// Acts on the beginning of a message without waiting for its end, if that shows a fault, or a hangup that claims a
// payload.
void session::impl::look_ahead() {
    const auto begun = incoming.pending_bytes();
    if (begun.empty()) return;
    if (side == role::server)
        if (const auto error = early_objection(begun, id.has_value()))
            return begin_close({end_reason::protocol_violation, error, {}});
    if (const auto h = incoming.pending_header(); h && h->kind == kind::hangup) take({kind::hangup, {}});
}

void session::impl::receive_end() {
    life.peer_done();
    if (life.ending()) return close_when_done();
    const bool cut_short = incoming.in_message();
    if (cut_short) ++counters.fragments;
    begin_close({id ? end_reason::peer_hung_up : end_reason::never_started,
                 !id && cut_short ? protocol_errc::message_truncated : error_code{},
                 {}});
}

void session::impl::connection_failed(error_code error) {
    const bool reset = error == std::errc::connection_reset || error == std::errc::broken_pipe;
    if (reset && !id)
        begin_close({end_reason::never_started, error, {}});
    else
        begin_close({reset ? end_reason::peer_reset : end_reason::connection_failed, reset ? error_code{} : error, {}});
    finish();
}

// --- Time ---

void session::impl::advance() {
    if (life.id_is_late(now)) begin_close({end_reason::timed_out, protocol_errc::id_timeout, {}});
    if (now >= watch.deadline()) begin_close({end_reason::timed_out, protocol_errc::message_timeout, {}});
    if (now >= watch.idle_deadline()) begin_close({end_reason::timed_out, protocol_errc::idle_timeout, {}});
    if (output.too_slow(now)) {
        begin_close({end_reason::timed_out, protocol_errc::send_timeout, {}});
        finish(); // a peer that does not read would not get a hangup
    }
    if (life.close_is_late(now)) finish();
    if (now >= receiving.deadline()) receiving.settle(monitor);
}

time_point session::impl::patience_ends() const noexcept {
    return std::min({life.deadline(), watch.deadline(), watch.idle_deadline()});
}

time_point session::impl::deadline(bool can_transmit) const noexcept {
    time_point next = std::min({patience_ends(), output.deadline(), receiving.deadline()});
    if (can_transmit && !output.in_flight()) next = std::min(next, output.frames().next_due());
    return next;
}

// --- Outgoing ---

std::span<const std::byte> session::impl::transmit() {
    if (life.closed()) return {};
    return output.message(now, monitor);
}

void session::impl::transmitted() {
    if (life.closed()) return;
    assert(output.in_flight());
    if (output.sent(now)) {
        report_reached();
        hang_up_if_played();
    } else if (life.in_handshake()) { // that was the id, on the calling side
        start(*id);
    }
    close_when_done();
}

void session::impl::report_reached() {
    auto& reached = output.frames().reached();
    events.make_room(reached.size()); // first, because it may throw, and the next frame reports them then
    for (played_event& r : reached)
        events.push(std::move(r));
    reached.clear();
}

void session::impl::clear() {
    report_reached();
    events.make_room(output.frames().queue().cleared_max()); // first, because it may throw, and nothing is cleared then
    std::vector<cleared_event> cut;
    output.frames().clear(cut);
    for (cleared_event& c : cut)
        events.push(std::move(c));
}

// --- The phases of the call ---

void session::impl::start(const uuid& with) {
    id = with;
    life.start();
    watch.start(now);
    output.frames().start(now);
    events.push(started_event{with});
}

void session::impl::hang_up() {
    begin_close({end_reason::hung_up, {}, {}});
}

void session::impl::hang_up_if_played() {
    if (hang_up_after_playout && life.up() && !output.in_flight() && output.frames().is_over()) hang_up();
}

void session::impl::begin_close(const ended_event& why) {
    if (life.ending()) return;
    const bool was_up = life.up();
    // Asterisk never sends a hangup, it closes. So the calling side does the same.
    try {
        if (was_up && side == role::server) output.push(hangup_message());
    } catch (const std::bad_alloc&) { // the call must end all the same
    }
    // An id that was not sent yet is not sent any more. Digits behind an id are sent before the FIN.
    if (!was_up && !output.in_flight()) output.drop_queued();
    life.begin_close(why, now);
    watch.stop();
    incoming.reset();
    output.frames().stop();

    receiving.settle(monitor);
    clear(); // if it finds no memory, poll() and finish() do the rest
    close_when_done();
}

void session::impl::close_when_done() {
    if (life.closing() && output.idle() && life.sending_is_done()) finish();
}

// If there is no memory to report the last marks, this throws, and poll() calls it again. The end waits for memory no
// longer than for the peer.
void session::impl::finish() {
    if (life.closed()) return;
    try {
        clear();
    } catch (const std::bad_alloc&) {
        if (!life.close_is_late(now)) throw;
    }
    life.finish();
    output.abandon();
}

bool session::impl::has_event() const noexcept {
    return !events.empty() || life.end_waits();
}

// The end is the last event. It needs no memory, so that a call ends also without.
std::optional<event> session::impl::next_event() {
    if (auto next = events.pop()) return next;
    return life.take_end();
}

} // namespace audiosocket
