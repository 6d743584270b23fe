// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/session.hpp>

#include "call/session_impl.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace audiosocket {
namespace {

// A mark takes about a hundred bytes; this is one for every 60 ms of the longest queue. Marks count until the
// application has taken their events.
constexpr std::size_t marks_max = 10'000;

// Pieces of audio and marks in the playout queue: the longest queue in pieces of 20 ms has 30,000.
constexpr std::size_t playout_entries_max = 65'536;

// Digits that wait to be sent. A person does not press more keys while a network takes a message.
constexpr std::size_t digits_waiting_max = 64;

} // namespace

session::session(role side, const call_options& options, time_point now) {
    validate(options);
    if (side == role::caller) throw std::invalid_argument("session: the calling side needs the id of its call");
    impl_ = std::make_unique<impl>(side, options, now);
}

session::session(const uuid& id, const call_options& options, time_point now) {
    validate(options);
    impl_ = std::make_unique<impl>(role::caller, options, now);
    impl_->id = id;
    impl_->output.push(id_message(id));
}

session::~session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;

// --- Driving ---

void session::receive(std::span<const std::byte> bytes, time_point now) {
    impl_->now = now;
    impl_->receive(bytes);
}

void session::receive_end(time_point now) {
    impl_->now = now;
    impl_->receive_end();
}

void session::connection_failed(error_code error, time_point now) {
    impl_->now = now;
    impl_->connection_failed(error);
}

// Deadlines come last. A deadline that has passed must not prevent what could have been sent in time, for example a
// hangup with a hangup_timeout of 0.
session_action session::poll(time_point now, driver_readiness ready) {
    using type = session_action::type;
    impl& s = *impl_;
    s.now = now;
    s.close_when_done(); // where an earlier step found no memory
    for (;;) {
        if (s.life.take_shut_down()) return {.what = type::shut_down};
        if (ready.events) {
            if (s.has_event()) return {.what = type::deliver, .event = s.next_event()};
            s.events.forget_shown();
        }
        if (ready.transmit)
            if (const auto message = s.transmit(); !message.empty()) return {.what = type::transmit, .bytes = message};
        if (s.life.closed()) return {.what = type::close};
        if (const auto next = s.deadline(ready.transmit); next > now) return {.what = type::wait, .until = next};
        s.advance();
    }
}

void session::advance(time_point now) {
    impl_->now = now;
    impl_->advance();
}

std::span<const std::byte> session::transmit() {
    return impl_->transmit();
}

void session::transmitted(time_point now) {
    impl_->now = now;
    impl_->transmitted();
}

std::optional<event> session::next_event() {
    return impl_->next_event();
}

// A report of audio in the frame that is still being sent would be too early.
std::optional<play_report> session::take_report() {
    if (impl_->output.in_flight()) return std::nullopt;
    return impl_->output.frames().queue().take_report();
}

bool session::sending_done() const noexcept {
    return impl_->life.sending_done();
}

bool session::closed() const noexcept {
    return impl_->life.closed();
}

time_point session::deadline() const noexcept {
    return impl_->deadline(true);
}

// --- What is known of the call ---

const std::optional<uuid>& session::id() const noexcept {
    return impl_->id;
}

media_format session::receive_format() const noexcept {
    return impl_->receiving.format();
}

media_format session::send_format() const noexcept {
    return impl_->output.frames().format();
}

const call_statistics& session::statistics() const noexcept {
    return impl_->counters;
}

std::chrono::milliseconds session::queued() const noexcept {
    return std::chrono::round<std::chrono::milliseconds>(impl_->output.frames().queue().queued());
}

// --- What the application does ---

error_code session::impl::refuse_if_ending() const noexcept {
    return life.ending() ? usage_errc::call_ended : error_code{};
}

// After a request to hang up when all is played, this is the moment when all is played. Audio that comes later would
// delay the end, in an echo for ever.
error_code session::impl::refuse_audio() const noexcept {
    if (hang_up_after_playout && output.frames().queue().empty()) return usage_errc::call_ended;
    return refuse_if_ending();
}

error_code session::impl::refuse_if_full(std::chrono::nanoseconds more) const noexcept {
    const auto& queue = output.frames().queue();
    if (queue.queued() + more > playout_max || queue.size() >= playout_entries_max) return usage_errc::playout_full;
    return {};
}

error_code session::impl::refuse_if_too_many_marks() const noexcept {
    if (output.frames().queue().marks() + events.size() >= marks_max) return usage_errc::playout_full;
    return {};
}

error_code session::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (const auto refused = impl_->refuse_audio()) return refused;
    if (!resampler::takes(rate_hz)) return usage_errc::unsupported_rate;
    if (const auto refused = impl_->refuse_if_full(duration_of(samples.size(), rate_hz))) return refused;
    impl_->output.frames().queue().append(samples, rate_hz);
    return {};
}

error_code session::play(clip sound) {
    if (const auto refused = impl_->refuse_audio()) return refused;
    if (!resampler::takes(sound.rate_hz())) return usage_errc::unsupported_rate;
    // A clip of any length costs no memory, so only the queued time is limited, as for other audio.
    if (const auto refused = impl_->refuse_if_full({})) return refused;
    impl_->output.frames().queue().append(std::move(sound));
    return {};
}

error_code session::play(clip sound, play_ticket ticket) {
    const auto audio = sound.duration();
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (const auto refused = impl_->refuse_if_too_many_marks()) return refused;
    auto& queue = impl_->output.frames().queue();
    queue.make_room(2); // first, because it may throw, and nothing is queued then
    if (const auto refused = play(std::move(sound))) return refused;
    queue.append_ticket(ticket, audio);
    return {};
}

error_code session::mark(std::string name) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (const auto refused = impl_->refuse_if_too_many_marks()) return refused;
    impl_->output.frames().queue().append_mark(std::move(name));
    return {};
}

error_code session::mark(play_ticket ticket, std::chrono::nanoseconds audio) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (const auto refused = impl_->refuse_if_too_many_marks()) return refused;
    impl_->output.frames().queue().append_ticket(ticket, audio);
    return {};
}

error_code session::clear() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->clear();
    impl_->hang_up_if_played();
    return {};
}

error_code session::pause() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->output.frames().pause(true);
    return {};
}

error_code session::resume() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->output.frames().pause(false);
    return {};
}

error_code session::send_dtmf(char digit) {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    if (impl_->side != role::caller) return usage_errc::caller_only;
    error_code error;
    const auto m = dtmf_message(digit, error);
    if (error) return error;
    if (impl_->output.queued() >= digits_waiting_max) return usage_errc::playout_full;
    impl_->output.push(m);
    return {};
}

error_code session::hang_up() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->hang_up();
    return {};
}

error_code session::hang_up_when_played() {
    if (const auto refused = impl_->refuse_if_ending()) return refused;
    impl_->hang_up_after_playout = true;
    impl_->output.frames().queue().end_here();
    impl_->hang_up_if_played();
    return {};
}

void session::set_monitor(call_monitor* monitor) noexcept {
    impl_->monitor = monitor;
}

} // namespace audiosocket
