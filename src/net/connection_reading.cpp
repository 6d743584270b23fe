// SPDX-License-Identifier: Apache-2.0
// The part of a connection that reads: when and how much it reads, and how its frames follow what arrives.

#include "net/connection.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>
#include <audiosocket/net/error.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::detail {
namespace asio = boost::asio;

namespace {

// A call reads more at once as long as that costs little, and less if it costs much, because that delays the other
// calls.
constexpr std::size_t read_least = 512;
constexpr std::chrono::microseconds little_time{20};
constexpr std::chrono::microseconds much_time{60};

// How much a call reads before a timeout would end it: more than a frame of 192 kHz.
constexpr std::size_t read_at_the_last = 8192;

// A read up to this size, a frame of 48 kHz, is not measured. Exceptions: it is all that may be read, or it comes
// sooner after the last read than half of the shortest frame.
constexpr std::size_t ordinary_read = 2048;
constexpr std::chrono::milliseconds least_pace{5};

// What a peer sends may use this part of the thread's time (one in 25, 4 %), and 4 ms at once.
constexpr int reading_share = 25;
constexpr std::chrono::milliseconds reading_credit{100};

// Up to this much standing delay in a live call is made up by earlier frames; 100 ms take two seconds. More is left
// out.
constexpr std::chrono::milliseconds made_up_for{100};

} // namespace

void connection::take_turn(time_point now) {
    turn_at_ = time_point::max();
    if (closed_) return report_closed();
    end_unwanted();
    reading_ = reading_ || now >= read_from_;
    if (reading_ && may_read(now)) {
        // A call must not end by a timeout if we have not read what its peer has sent.
        const bool must = engine_hooks::patience_ends(session_) <= now;
        if (must || (!behind_ && !turns_.is_late(now))) read(now, must ? read_at_the_last : read_max_);
        read_rest_later();
    }
    pump(now);
}

bool connection::read_on(time_point now) {
    behind_ = false;
    if (may_read(now)) {
        read(now, read_max_);
        behind_ = readable_ && !read_all_;
        pump(now);
    } else if (!closed_ && !pumping_) {
        schedule(now); // the peer has sent too much, and is read again when its debt is paid back
    }
    return behind_ && !closed_;
}

void connection::read_rest_later() {
    behind_ = readable_ && !read_all_;
    if (behind_) turns_.read_later(*this);
}

// Returns whether there may be something to read and the peer has not sent more than its share lately. The end is
// always read.
bool connection::may_read(time_point now) const noexcept {
    return readable_ && !read_all_ && !closed_ && now >= may_read_from();
}

time_point connection::may_read_from() const noexcept {
    return last_arrived_ ? time_point::min() : reading_used_.free_at(reading_credit);
}

bool connection::has_arrived(bool is_last, time_point now) noexcept {
    just_arrived_ = reading_;
    readable_ = true;
    last_arrived_ = last_arrived_ || is_last;
    return reading_ && !behind_ && may_read(now);
}

// Reads what has arrived, up to this many bytes. The rest waits until other calls have had their turn.
void connection::read(time_point now, std::size_t most) {
    const auto buffer = turns_.read_buffer().first(most);
    io_error error;
    const std::size_t bytes = receive(buffer, error);
    readable_ = bytes == buffer.size() || (last_arrived_ && !error);
    read_all_ = error && error != asio::error::would_block;
    if (bytes > 0) {
        const time_point frame_at = engine_hooks::frame_time(session_);
        if (std::exchange(just_arrived_, false) && frame_at != time_point::max()) arrivals_.arrived(now, frame_at);
        take_in(buffer.first(bytes), now);
        charge_read(bytes, now);
    } else if (error == asio::error::eof)
        session_.receive_end(now);
    else if (read_all_)
        session_.connection_failed(error, now);
}

// If there is no memory, a part of what was read is lost, and with it the place in the stream.
void connection::take_in(std::span<const std::byte> bytes, time_point now) {
    try {
        session_.receive(bytes, now);
    } catch (const std::bad_alloc&) {
        session_.connection_failed(make_error_code(boost::system::errc::not_enough_memory), now);
    }
}

std::size_t connection::receive(std::span<std::byte> to, io_error& error) noexcept {
    if (!measures_) return stream_.receive(to, error);
    std::chrono::nanoseconds waited;
    const std::size_t bytes = stream_.receive_timed(to, error, waited);
    if (just_arrived_ && waited >= waited.zero()) turns_.statistics().arrival_wait.add(waited);
    return bytes;
}

void connection::charge_read(std::size_t bytes, time_point began) {
    const bool at_frame_pace = began - std::exchange(last_read_, began) >= least_pace;
    if (at_frame_pace && bytes <= std::min(ordinary_read, read_max_ - 1)) return;
    const time_point now = clock::now();
    const auto used = turns_.used_since(began, now);
    reading_used_.charge(used, reading_share, now);
    if (used > much_time)
        read_max_ = std::max(read_least, read_max_ / 2);
    else if (used < little_time && bytes == read_max_)
        read_max_ = std::min(read_max_ * 2, turns_.read_buffer().size());
}

// --- Effects of what arrives ---

// The frame that was due at this time has been sent: adjusts the later frames to the arrivals.
void connection::follow_arrivals(time_point frame_at) {
    if (reading_) arrivals_.frame_passed(frame_at);
    if (live_) end_standing_delay();
    if (const auto by = arrivals_.take_shift()) engine_hooks::shift_frames(session_, *by);
}

void connection::end_standing_delay() {
    const auto delay = standing_.left_behind(session_.queued());
    if (delay > made_up_for)
        engine_hooks::leave_out(session_, delay);
    else if (delay > clock::duration::zero())
        arrivals_.move(-delay);
}

} // namespace audiosocket::detail
