#include <audiosocket/call/session.hpp>

#include "call/playout.hpp"
#include "call/reception.hpp"

#include <audiosocket/protocol/decoder.hpp>
#include <audiosocket/protocol/encoder.hpp>

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

// How a call goes:
//
//            id arrived / sent            either side ends it            both directions done,
//   handshake ----------------> up ----------------------------> closing ----------------------> closed
//       |                                                           ^   or hangup_timeout
//       +----- no id, a wrong one, closed, too late ----------------+
//
// While up, a frame is due every ptime. While closing, a server says hangup (00 00 00), both sides send FIN and read
// on, throwing away what arrives: a socket that is closed with unread data resets the connection.
//
// Invariants: audio is composed only while up; ended_event is pushed once, on entering closed, and nothing after it;
// at most one message is in flight, and it is never given up half sent except by closing the connection.

namespace audiosocket {
namespace {

// About a hundred bytes each, one for every 60 ms of the longest queue; they count until the program has been told.
constexpr std::size_t marks_max = 10'000;

// Stretches of audio and marks in the playout queue, however short: the longest queue in pieces of 20 ms is 30,000.
constexpr std::size_t playout_entries_max = 65'536;

// Digits that wait to be sent. Nobody presses more keys than this in the time in which a network takes a message.
constexpr std::size_t control_max = 64;

// A header in two pieces closer than this may have come in one, and been read in two by us.
constexpr std::chrono::milliseconds header_split_from{1};

enum class phase { handshake, up, closing, closed };

} // namespace

struct session::impl {
    impl(role own_side, const call_options& own_options, time_point start)
        : side(own_side), options(own_options), now(start), id_deadline(start + own_options.id_timeout),
          sending(own_options, counters), events(own_options.receive_queue, counters),
          receiving(own_options, counters, events) {}

    // Incoming.
    void take(const message& m);
    void take_id(const message& m);
    void start(const uuid& with);
    void look_ahead();
    void time_message(bool was_in_message, bool completed_one);

    // Outgoing.
    std::span<const std::byte> compose();
    void report_reached();
    void clear_playout();
    void hang_up_if_played();

    // The end.
    void begin_close(ended_event why);
    void close_when_done();
    void finish();

    bool ending() const noexcept { return state == phase::closing || state == phase::closed; }
    error_code refuse_if_ending() const { return ending() ? usage_errc::call_ended : error_code{}; }
    error_code refuse_if_full(std::chrono::nanoseconds more) const;

    const role side;
    phase state = phase::handshake;
    const call_options options;
    call_statistics counters;
    time_point now;
    std::optional<uuid> id;
    ended_event ended;

    time_point id_deadline;
    time_point message_deadline = time_point::max();
    time_point send_deadline = time_point::max();
    time_point close_deadline = time_point::max();

    playout sending;
    receive_queue events;
    reception receiving;
    decoder incoming;
    time_point last_bytes{};
    call_monitor* monitor = nullptr;

    ring<outgoing_message> control; // messages without audio, sent before the next frame
    outgoing_message control_in_flight;
    std::span<const std::byte> in_flight;
    std::optional<kind> learned_kind; // to be sent from the next frame on
    bool frame_in_flight = false;     // `in_flight` is audio
    bool hang_up_after_playout = false;
    bool peer_done = false; // FIN has come
    bool said_done = false; // everything of ours is out
};

// --- Incoming ---

void session::impl::take(const message& m) {
    if (state == phase::handshake) {
        if (side == role::server) return take_id(m);
        start(*id); // the answer to our id has overtaken the news that the id is out
    }
    if (is_audio(m.kind)) {
        const bool first = receiving.take(m, now, monitor);
        // Towards the side that chose its format by calling, we speak what it speaks.
        if (first && side == role::server && !options.send_format) learned_kind = m.kind;
        return;
    }
    switch (m.kind) {
    case kind::hangup: return begin_close({end_reason::peer_hung_up, {}, {}});
    case kind::error: return begin_close({end_reason::peer_error, protocol_errc::error_received, m.error()});
    case kind::id:
        if (side == role::server) return begin_close({end_reason::protocol_violation, protocol_errc::id_repeated, {}});
        break;
    case kind::dtmf:
        if (side == role::caller) break;
        if (const auto digit = m.dtmf_digit()) {
            ++counters.digits_received;
            events.push_digit(*digit);
        } else {
            ++counters.bad_digits;
        }
        return;
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

void session::impl::start(const uuid& with) {
    id = with;
    state = phase::up;
    id_deadline = time_point::max();
    sending.start(now);
    events.push(started_event{with});
}

// What the beginning of a message says already need not wait for its end: a peer that speaks another protocol, an id of
// a wrong length, a hangup that claims a payload. Nothing past it is read.
void session::impl::look_ahead() {
    const auto begun = incoming.pending_bytes();
    if (begun.empty()) return;
    const auto k = static_cast<kind>(begun[0]);
    if (state == phase::handshake && side == role::server && k != kind::id && k != kind::hangup)
        return begin_close({end_reason::protocol_violation, protocol_errc::id_expected, {}});
    const auto h = incoming.pending_header();
    if (!h) return;
    if (h->kind == kind::hangup) return take({kind::hangup, {}});
    if (h->kind == kind::id && side == role::server && (id || h->payload_bytes != uuid::size_bytes))
        begin_close({end_reason::protocol_violation, id ? protocol_errc::id_repeated : protocol_errc::id_length, {}});
}

void session::impl::time_message(bool was_in_message, bool completed_one) {
    if (!incoming.in_message()) {
        message_deadline = time_point::max();
    } else if (!was_in_message || completed_one) {
        message_deadline = now + options.message_timeout;
    }
}

void session::receive(std::span<const std::byte> bytes, time_point now) {
    impl& s = *impl_;
    s.now = now;
    s.counters.bytes_received += bytes.size();
    if (s.ending() || bytes.empty()) return;

    const bool was_in_message = s.incoming.in_message();
    if (was_in_message) {
        const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(now - s.last_bytes);
        s.counters.message_pause_max = std::max(s.counters.message_pause_max, pause);
        if (s.incoming.pending_bytes().size() < header_bytes && pause >= header_split_from) ++s.counters.split_headers;
    }
    s.last_bytes = now;

    bool completed_one = false;
    s.incoming.feed(bytes);
    while (!s.ending()) {
        const auto m = s.incoming.next();
        if (!m) break;
        completed_one = true;
        s.take(*m);
    }
    if (!s.ending()) s.look_ahead();
    if (!s.ending()) s.time_message(was_in_message, completed_one);
}

void session::receive_end(time_point now) {
    impl& s = *impl_;
    s.now = now;
    s.peer_done = true;
    if (!s.ending()) {
        const bool cut_short = s.incoming.in_message();
        if (cut_short) ++s.counters.fragments;
        s.begin_close({s.id ? end_reason::peer_hung_up : end_reason::never_started,
                       !s.id && cut_short ? protocol_errc::message_truncated : error_code{},
                       {}});
    }
    s.close_when_done();
}

void session::connection_failed(error_code error, time_point now) {
    impl& s = *impl_;
    s.now = now;
    const bool reset = error == std::errc::connection_reset || error == std::errc::broken_pipe;
    if (reset && !s.id)
        s.begin_close({end_reason::never_started, error, {}});
    else
        s.begin_close(
            {reset ? end_reason::peer_reset : end_reason::connection_failed, reset ? error_code{} : error, {}});
    s.finish();
}

// --- Time ---

void session::advance(time_point now) {
    impl& s = *impl_;
    s.now = now;
    if (now >= s.id_deadline) s.begin_close({end_reason::timed_out, protocol_errc::id_timeout, {}});
    if (now >= s.message_deadline) s.begin_close({end_reason::timed_out, protocol_errc::message_timeout, {}});
    if (now >= s.send_deadline) {
        s.begin_close({end_reason::timed_out, protocol_errc::send_timeout, {}});
        s.finish(); // nothing can be said any more to a peer that does not read
    }
    if (now >= s.close_deadline) s.finish();
}

time_point session::deadline() const noexcept {
    const impl& s = *impl_;
    if (s.state == phase::closed) return time_point::max();
    const time_point sending = s.in_flight.empty() ? s.sending.next_due() : s.send_deadline;
    return std::min({s.id_deadline, s.message_deadline, s.close_deadline, sending});
}

time_point session::frame_time() const noexcept {
    return impl_->sending.frame_time();
}

void session::shift_frames(std::chrono::nanoseconds by) noexcept {
    impl_->sending.shift_frames(by);
}

// --- Outgoing ---

std::span<const std::byte> session::transmit() {
    impl& s = *impl_;
    if (s.state == phase::closed) return {};
    if (s.in_flight.empty()) {
        s.in_flight = s.compose();
        if (!s.in_flight.empty()) s.send_deadline = s.now + s.options.send_timeout;
    }
    return s.in_flight;
}

std::span<const std::byte> session::impl::compose() {
    frame_in_flight = false;
    if (!control.empty()) {
        control_in_flight = control.front();
        control.pop();
        return control_in_flight.head();
    }
    sending.catch_up(now);
    if (state != phase::up || !sending.frame_due(now)) return {};
    if (const auto learned = std::exchange(learned_kind, {})) sending.set_format({*learned, encoding::slin});
    const auto frame = sending.make_frame();
    frame_in_flight = true;
    if (monitor) monitor->sent(frame.samples, sending.format().rate_hz(), frame.due);
    return frame.message;
}

void session::transmit_stalled() noexcept {
    ++impl_->counters.stalled_sends;
}

void session::transmitted(time_point now) {
    impl& s = *impl_;
    assert(!s.in_flight.empty() || s.state == phase::closed);
    s.now = now;
    s.counters.bytes_sent += s.in_flight.size();
    s.in_flight = {};
    s.send_deadline = time_point::max();
    if (s.state == phase::closed) return;

    if (s.frame_in_flight) {
        s.sending.count_sent(now);
        s.report_reached();
        s.hang_up_if_played();
    } else if (s.state == phase::handshake) { // that was the caller's id
        s.start(*s.id);
    }
    s.close_when_done();
}

void session::impl::report_reached() {
    for (played_event& reached : sending.reached())
        events.push(std::move(reached));
    sending.reached().clear();
}

void session::impl::clear_playout() {
    report_reached();
    std::vector<cleared_event> cut;
    sending.clear(cut);
    for (cleared_event& c : cut)
        events.push(std::move(c));
}

void session::impl::hang_up_if_played() {
    if (hang_up_after_playout && state == phase::up && in_flight.empty() && sending.queue().empty())
        begin_close({end_reason::hung_up, {}, {}});
}

bool session::sending_done() const noexcept {
    return impl_->said_done;
}

// --- The end ---

void session::impl::begin_close(ended_event why) {
    if (ending()) return;
    const bool was_up = state == phase::up;
    state = phase::closing;
    ended = why;
    id_deadline = message_deadline = time_point::max();
    close_deadline = now + options.hangup_timeout;
    incoming.reset();

    clear_playout();
    sending.stop();
    // An id that has not gone out yet does not go any more; digits that follow one do, before the FIN.
    if (!was_up && in_flight.empty()) control.clear();
    // Asterisk itself never says hangup, it closes; so that is what a caller does.
    if (was_up && side == role::server) control.push() = hangup_message();
    close_when_done();
}

void session::impl::close_when_done() {
    if (state != phase::closing || !control.empty() || !in_flight.empty()) return;
    said_done = true;
    if (peer_done) finish();
}

void session::impl::finish() {
    if (state == phase::closed) return;
    state = phase::closed;
    close_deadline = send_deadline = time_point::max();
    in_flight = {};
    control.clear();
    events.push(ended);
}

bool session::closed() const noexcept {
    return impl_->state == phase::closed;
}

// --- The program's side ---

session::session(role side, const call_options& options, time_point now) {
    validate(options);
    if (side == role::caller) throw std::invalid_argument("session: the calling side needs the id of its call");
    impl_ = std::make_unique<impl>(side, options, now);
}

session::session(const uuid& id, const call_options& options, time_point now) {
    validate(options);
    impl_ = std::make_unique<impl>(role::caller, options, now);
    impl_->id = id;
    impl_->control.push() = id_message(id);
}

session::~session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;

std::optional<event> session::next_event() {
    return impl_->events.pop();
}

const std::optional<uuid>& session::id() const noexcept {
    return impl_->id;
}

media_format session::receive_format() const noexcept {
    return impl_->receiving.format();
}

media_format session::send_format() const noexcept {
    return impl_->sending.format();
}

const call_statistics& session::statistics() const noexcept {
    return impl_->counters;
}

std::chrono::milliseconds session::queued() const noexcept {
    return std::chrono::round<std::chrono::milliseconds>(impl_->sending.queue().queued());
}

error_code session::impl::refuse_if_full(std::chrono::nanoseconds more) const {
    const auto& queue = sending.queue();
    if (queue.queued() + more > options.playout_queue || queue.size() >= playout_entries_max)
        return usage_errc::playout_full;
    return {};
}

error_code session::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (!resampler::takes(rate_hz)) return usage_errc::unsupported_rate;
    const auto more = std::chrono::nanoseconds(static_cast<std::int64_t>(samples.size()) * 1'000'000'000 / rate_hz);
    if (const auto refused = impl_->refuse_if_full(more)) return refused;
    impl_->sending.queue().append(samples, rate_hz);
    return {};
}

error_code session::play(clip sound) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (!resampler::takes(sound.rate_hz())) return usage_errc::unsupported_rate;
    // A clip costs no memory however long it is; only the number of pending ones is bounded, by time like the rest.
    if (const auto refused = impl_->refuse_if_full({})) return refused;
    impl_->sending.queue().append(std::move(sound));
    return {};
}

error_code session::mark(std::string name) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    auto& queue = impl_->sending.queue();
    if (queue.marks() + impl_->events.size() >= marks_max) return usage_errc::playout_full;
    queue.append_mark(std::move(name));
    return {};
}

error_code session::clear() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->clear_playout();
    impl_->hang_up_if_played();
    return {};
}

error_code session::pause() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->sending.pause(true);
    return {};
}

error_code session::resume() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->sending.pause(false);
    return {};
}

error_code session::send_dtmf(char digit) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (impl_->side != role::caller) return usage_errc::caller_only;
    error_code error;
    const auto m = dtmf_message(digit, error);
    if (error) return error;
    if (impl_->control.size() >= control_max) return usage_errc::playout_full;
    impl_->control.push() = m;
    return {};
}

error_code session::hang_up() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->begin_close({end_reason::hung_up, {}, {}});
    return {};
}

error_code session::hang_up_when_played() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->hang_up_after_playout = true;
    impl_->sending.queue().end_here();
    impl_->hang_up_if_played();
    return {};
}

void session::set_monitor(call_monitor* monitor) noexcept {
    impl_->monitor = monitor;
}

void session::set_tally(call_tally* tally) noexcept {
    impl_->sending.set_tally(tally);
    impl_->receiving.set_tally(tally);
}

} // namespace audiosocket
