// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/tcp_direction.hpp"

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

std::int32_t distance(std::uint32_t from, std::uint32_t to) noexcept {
    return static_cast<std::int32_t>(to - from);
}

std::uint32_t first_sequence(const tcp_segment& s) noexcept {
    return s.sequence + (s.syn ? 1 : 0);
}

} // namespace

void tcp_direction::start_at(std::uint32_t sequence, timestamp at) noexcept {
    if (has_data()) return;
    base_ = sequence;
    sent_at_ = at;
}

// Extends a sequence number to 64 bits, as the value nearest to the next byte.
std::int64_t tcp_direction::position(std::uint32_t sequence) const noexcept {
    const std::uint32_t expected = *base_ + static_cast<std::uint32_t>(next_);
    return static_cast<std::int64_t>(next_) + distance(expected, sequence);
}

bool tcp_direction::may_start_at(std::uint32_t sequence) const noexcept {
    constexpr std::uint32_t near_bytes = 65'536;
    return base_ && *base_ - sequence < near_bytes;
}

bool tcp_direction::reaches(const tcp_segment& s, timestamp at) const noexcept {
    if (!base_) return true;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::max(at - sent_at_, timestamp{})).count();
    const std::int64_t room =
        std::min(seconds, hole_bytes_max / hole_bytes_per_second) * hole_bytes_per_second + hole_bytes_least;
    const std::int64_t ahead = position(first_sequence(s)) - static_cast<std::int64_t>(std::max(next_, known_end_));
    return ahead <= room && ahead >= -hole_bytes_least - static_cast<std::int64_t>(waiting_bytes_max);
}

void tcp_direction::take(const tcp_segment& s, timestamp at, stream_sink& to) {
    sent_at_ = at;
    if (closed_) return;
    if (!base_) {
        if (s.payload_bytes == 0 && !s.fin) return; // a bare ACK with this number may be a keep-alive
        base_ = first_sequence(s);
    }
    const std::int64_t begin = position(first_sequence(s)), end = begin + static_cast<std::int64_t>(s.payload_bytes);
    const auto next = static_cast<std::int64_t>(next_);
    // A bare ACK may count a FIN that is not in the capture.
    if (s.payload_bytes == 0 && !s.fin) return;
    known_end_ = std::max(known_end_, static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)));
    if (s.fin && !fin_ && end >= next) {
        fin_ = static_cast<std::uint64_t>(end);
        fin_at_ = at;
    }
    const bool is_keep_alive = s.payload_bytes <= 1 && end == next;
    if (end <= next) {
        if (s.payload_bytes != 0 && !is_keep_alive) to.reordered(from_client_, at);
    } else if (const std::size_t known = begin < 0 ? static_cast<std::size_t>(-begin) : 0; known <= s.payload.size()) {
        const auto bytes = s.payload.subspan(known);
        const auto from = static_cast<std::uint64_t>(begin + static_cast<std::int64_t>(known));
        if (from <= next_ && s.payload.size() == s.payload_bytes) {
            if (has_hole()) to.reordered(from_client_, at); // a late packet
            deliver(from, bytes, at, to);
        } else {
            hold(from, static_cast<std::uint64_t>(end), bytes, at);
        }
    }
    take_waiting(at, to);
}

// Of two pieces at one place, the longer one is kept, with the time of the first.
void tcp_direction::hold(std::uint64_t position, std::uint64_t end, std::span<const std::byte> bytes, timestamp at) {
    const auto [held, is_new] = waiting_.try_emplace(position, piece{{}, end, at});
    piece& p = held->second;
    if (!is_new && p.bytes.size() >= bytes.size() && p.end >= end) return;
    waiting_bytes_ += bytes.size() - p.bytes.size();
    p.bytes.assign(bytes.begin(), bytes.end());
    p.end = std::max(p.end, end);
}

void tcp_direction::deliver(std::uint64_t position, std::span<const std::byte> bytes, timestamp at, stream_sink& to) {
    const std::uint64_t end = position + bytes.size();
    if (end <= next_) return;
    out_at_ = std::max(out_at_, at);
    const auto fresh = bytes.subspan(static_cast<std::size_t>(next_ - position));
    next_ = end;
    to.data(from_client_, fresh, out_at_);
}

// Delivers pieces that no longer wait for anything.
void tcp_direction::take_waiting(timestamp at, stream_sink& to) {
    for (auto p = waiting_.begin(); p != waiting_.end() && p->first <= next_;) {
        const bool is_old = p->second.end <= next_;
        if (!is_old && !p->second.is_whole(p->first)) {
            ++p;
            continue;
        }
        if (!is_old) deliver(p->first, p->second.bytes, at, to);
        waiting_bytes_ -= p->second.bytes.size();
        waiting_.erase(p);
        p = waiting_.begin();
    }
}

void tcp_direction::lose_up_to(std::uint64_t position, timestamp at, stream_sink& to) {
    if (position <= next_) return;
    const std::uint64_t bytes = position - next_;
    next_ = position;
    out_at_ = std::max(out_at_, at);
    to.lost(from_client_, bytes, out_at_);
}

void tcp_direction::give_up_first(stream_sink& to) {
    const auto first = waiting_.begin();
    const std::uint64_t position = first->first;
    const piece p = std::move(first->second);
    waiting_bytes_ -= p.bytes.size();
    waiting_.erase(first);
    lose_up_to(position, p.at, to);
    deliver(position, p.bytes, p.at, to);
}

std::optional<timestamp> tcp_direction::waits_since() const noexcept {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->second.at;
}

bool tcp_direction::is_full() const noexcept {
    return waiting_bytes_ > waiting_bytes_max || waiting_.size() > waiting_pieces_max;
}

void tcp_direction::lose_rest(stream_sink& to) {
    if (base_ && !closed_) lose_up_to(known_end_, sent_at_, to);
}

std::optional<timestamp> tcp_direction::ends_at() const noexcept {
    if (closed_ || !fin_ || next_ < *fin_) return std::nullopt;
    return std::max(fin_at_, out_at_);
}

void tcp_direction::close(ending how, timestamp at, stream_sink& to) {
    if (closed_) return;
    closed_ = true;
    to.closed(from_client_, how, std::max(at, out_at_));
}

} // namespace audiosocket::app::inspect
