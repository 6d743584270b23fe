// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/tcp_connection.hpp"

namespace audiosocket::app::inspect {

tcp_connection::tcp_connection(const tcp_segment& first)
    : client_(first.syn && first.ack ? first.to : first.from), server_(first.syn && first.ack ? first.from : first.to) {
}

tcp_connection::fate tcp_connection::judge(const tcp_segment& s, timestamp at) {
    if (s.syn) return judge_syn(s);
    unsigned& strays = strays_[index(is_from_client(s))];
    if (directions_[index(is_from_client(s))].reaches(s, at)) {
        strays = 0;
        return fate::ours;
    }
    return ++strays > strays_max && !s.rst ? fate::other : fate::stray;
}

// A SYN may be captured late, after the SYN that answers it or after data.
tcp_connection::fate tcp_connection::judge_syn(const tcp_segment& s) const {
    const std::size_t side = index(is_from_client(s)), peer = 1 - side;
    if (syn_[side]) return syn_[side] == s.sequence ? fate::ours : fate::other;
    if (directions_[side].is_started())
        return directions_[side].may_start_at(s.sequence + 1) ? fate::ours : fate::other;
    return s.ack && syn_[peer] && directions_[peer].may_start_at(s.acknowledged) ? fate::ours : fate::other;
}

void tcp_connection::take(const tcp_segment& s, timestamp at, stream_sink& to) {
    const std::size_t side = index(is_from_client(s)), peer = 1 - side;
    // The first ACK after a SYN gives the number of the other side's first byte, even if the other SYN is not in the
    // capture.
    const bool is_handshake = s.syn || (syn_[side] && !directions_[side].has_data());
    if (s.ack && is_handshake && !directions_[peer].is_started()) directions_[peer].start_at(s.acknowledged, at);
    if (s.syn && !syn_[side]) {
        syn_[side] = s.sequence;
        directions_[side].start_at(s.sequence + 1, at);
    }
    if (s.rst) {
        is_reset_ = true;
        flush(to);
        directions_[side].close(ending::reset, at, to);
        return;
    }
    directions_[side].take(s, at, to);
    give_up_older(at - tcp_direction::hole_age_max, to);
    report_ends(to);
}

// In order of time over both directions, because the times of one side are compared with those of the other.
void tcp_connection::give_up_older(timestamp than, stream_sink& to) {
    for (;;) {
        tcp_direction* oldest = nullptr;
        for (tcp_direction& d : directions_)
            if (d.waits_since() && (!oldest || *d.waits_since() < *oldest->waits_since())) oldest = &d;
        for (tcp_direction& d : directions_)
            if (d.is_full()) oldest = &d;
        if (!oldest || (*oldest->waits_since() >= than && !oldest->is_full())) return;
        oldest->give_up_first(to);
    }
}

// An end is reported after everything that the other side sent before it.
void tcp_connection::report_ends(stream_sink& to) {
    for (;;) {
        tcp_direction* first = nullptr;
        for (tcp_direction& d : directions_) {
            const auto end = d.ends_at(), other = directions_[index(&d != &directions_[0])].waits_since();
            if (!end || (other && *other <= *end)) continue;
            if (!first || *end < *first->ends_at()) first = &d;
        }
        if (!first) return;
        first->close(ending::closed, *first->ends_at(), to);
    }
}

void tcp_connection::flush(stream_sink& to) {
    give_up_older(timestamp::max(), to);
    for (tcp_direction& d : directions_)
        d.lose_rest(to);
    report_ends(to);
}

} // namespace audiosocket::app::inspect
