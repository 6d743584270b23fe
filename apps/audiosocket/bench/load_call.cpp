// SPDX-License-Identifier: Apache-2.0
#include "bench/load_call.hpp"

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

namespace audiosocket::app::bench {
namespace {

// How long a server may take to close its side after our FIN; then the call is closed without it.
constexpr std::chrono::seconds leave_patience{1};

// A server that has sent nothing for this long counts as silent.
constexpr std::chrono::seconds answer_patience{1};

// The message of a silent caller: Asterisk sends frames of silence.
constexpr auto silent_message = [] {
    std::array<std::byte, numbered_frames::message_bytes> bytes{};
    write_header({kind::slin, numbered_frames::payload_bytes}, std::span(bytes).first<header_bytes>());
    return bytes;
}();

// Calls begin with different frame numbers; 37 and 200 have no common divisor.
constexpr std::uint64_t numbers_apart = 37;

} // namespace

load_call::load_call(const endpoint& server, std::size_t number, time_point now, surroundings& with)
    : since_(now), returned_(*with.frames, number * numbers_apart), pacing_(number) {
    ++with.seen.calls_placed;
    if (const int error = socket_.connect(server); error != 0) fail(error, with);
}

void load_call::fail(int error, surroundings& with) {
    ++with.seen.calls_failed;
    if (with.seen.first_failure == 0) with.seen.first_failure = error;
    abandon();
}

void load_call::abandon() noexcept {
    socket_.close();
    state_ = state::over;
}

bool load_call::connected(time_point now, surroundings& with) {
    const auto id = id_message(uuid::random());
    if (const int error = socket_.connect_result(); error != 0) {
        fail(error, with);
        return false;
    }
    with.seen.connect.add(now - since_);
    since_ = clock::now();
    if (socket_.send(id.head()) != call_socket::sending::whole) {
        fail(ECONNRESET, with);
        return false;
    }
    state_ = state::up;
    if (with.measuring) begin_measured();
    return true;
}

void load_call::send_frame(time_point due, surroundings& with) {
    assert(state_ == state::up);
    const auto now = clock::now();
    const bool echo = with.mode == mode::echo;
    switch (socket_.send(echo ? returned_.next_message() : silent_message)) {
    case call_socket::sending::whole: break;
    case call_socket::sending::refused: ++with.seen.calls_killed; return abandon();
    case call_socket::sending::broken: return end_by_server(with);
    }
    const bool measured = with.measuring && measured_to_ == open_end;
    returned_.sent(now);
    if (!measured) return;
    ++with.seen.frames_sent;
    with.seen.own_lateness.add(now - due);
}

// One message at a time, so that each has its own time of arrival.
std::size_t load_call::bytes_wanted() const noexcept {
    if (!incoming_.in_message()) return usual_bytes_;
    const auto there = incoming_.pending_bytes().size();
    const auto head = incoming_.pending_header();
    return (head ? header_bytes + head->payload_bytes : header_bytes) - there;
}

void load_call::read(surroundings& with) {
    const auto into = with.buffer.first(bytes_wanted());
    const auto got = socket_.receive(into, with.stamps);
    switch (got.what) {
    case call_socket::reading::nothing: return;
    case call_socket::reading::finished:
    case call_socket::reading::reset:
        if (state_ == state::leaving) return abandon();
        return end_by_server(with);
    case call_socket::reading::bytes: break;
    }
    if (!got.stamped && with.measuring) ++with.seen.arrivals_without_stamp;
    incoming_.feed(into.first(got.bytes));
    while (const auto m = incoming_.next()) {
        take(*m, got.at, with);
        if (state_ == state::over) return;
    }
}

void load_call::take(const message& m, time_point at, surroundings& with) {
    if (state_ == state::leaving) return; // audio that the server sends after our FIN
    if (m.kind == kind::hangup) return end_by_server(with);
    if (!is_audio(m.kind) || m.payload.empty() || m.payload.size() % 2 != 0) {
        ++with.seen.messages_unlawful;
        return;
    }
    take_audio(m, at, with);
}

void load_call::take_audio(const message& m, time_point at, surroundings& with) {
    usual_bytes_ = header_bytes + m.payload.size();
    if (!answered_) with.seen.first_frame.add(at - since_);
    answered_ = true;
    ++with.all_frames_received;
    if (with.measuring) ++with.seen.frames_received;
    pacing_.arrived(at, duration_of(m.payload.size() / 2, rate_hz(m.kind)), with.measuring, with.seen);
    if (with.mode != mode::echo || m.kind != kind::slin) return;
    const auto torn = returned_.torn();
    const auto foreign = returned_.foreign_samples();
    returned_.take(m.payload, [&](const returned_frames::returned& frame) { take_returned(frame, at, with); });
    with.seen.frames_torn += returned_.torn() - torn;
    with.seen.samples_foreign += returned_.foreign_samples() - foreign;
}

void load_call::take_returned(const returned_frames::returned& frame, time_point at, surroundings& with) const {
    if (frame.number < measured_from_ || frame.number >= measured_to_) return;
    if (frame.how == returned_frames::order::again) {
        ++with.seen.frames_again;
        return;
    }
    if (frame.how == returned_frames::order::late) ++with.seen.frames_late;
    ++with.seen.frames_returned;
    with.seen.round_trip.add(at - frame.sent);
}

void load_call::check_patience(time_point now, surroundings& with) {
    if (state_ == state::connecting && now - since_ > asterisk::connect_max) fail(ETIMEDOUT, with);
    if (state_ == state::leaving && now - since_ > leave_patience) abandon();
}

void load_call::begin_measured() noexcept {
    measured_from_ = returned_.frames_sent();
    measured_to_ = open_end;
}

void load_call::end_measured(surroundings& with) {
    if (measured_to_ != open_end || state_ != state::up) return;
    measured_to_ = returned_.frames_sent();
    pacing_.finish(with.seen);
    if (!answered_ && clock::now() - since_ > answer_patience) ++with.seen.calls_silent;
}

bool load_call::is_settled(const surroundings& with) const noexcept {
    return with.mode != mode::echo || state_ != state::up || returned_.expected() >= measured_to_;
}

void load_call::leave(time_point now, surroundings& with) {
    if (state_ != state::up) return abandon();
    end_measured(with);
    socket_.finish();
    state_ = state::leaving;
    since_ = now;
}

void load_call::end_by_server(surroundings& with) {
    end_measured(with);
    ++with.seen.calls_ended_by_server;
    abandon();
}

} // namespace audiosocket::app::bench
