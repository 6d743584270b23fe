// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_stream.hpp"

#include "inspect/nonsense.hpp"

#include <audiosocket/net/address.hpp>

#include <tins/ip_address.h>
#include <tins/ipv6_address.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app::inspect {
namespace {

std::string client_endpoint(const Tins::TCPIP::Stream& s) {
    return to_string(
        address{s.is_v6() ? s.client_addr_v6().to_string() : s.client_addr_v4().to_string(), s.client_port()});
}

std::string server_endpoint(const Tins::TCPIP::Stream& s) {
    return to_string(
        address{s.is_v6() ? s.server_addr_v6().to_string() : s.server_addr_v4().to_string(), s.server_port()});
}

// Sequence numbers wrap: what counts is how far one lies ahead of the other.
std::int32_t distance(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
}

std::size_t index(bool from_client) {
    return from_client ? 0 : 1;
}

} // namespace

capture_stream::capture_stream(const capture_plan& plan, const Tins::TCPIP::Stream& stream, timestamp at)
    : plan_(plan), endpoints_{client_endpoint(stream), server_endpoint(stream)}, ports_{stream.client_port(),
                                                                                        stream.server_port()},
      partial_(stream.is_partial_stream()), started_(at), last_at_(at) {
    const std::uint16_t port = plan_.port.value_or(default_port);
    const bool has_port = ports_[0] == port || ports_[1] == port;
    if (plan_.port && !has_port)
        skip();
    else if (has_port && !partial_)
        accept(side::caller, true);
}

void capture_stream::accept(side client, bool from_start) {
    verdict_ = verdict::call;
    client_ = client;
    call_label label{.number = ++plan_.totals.calls,
                     .caller = endpoints_[index(client == side::caller)],
                     .server = endpoints_[index(client == side::server)],
                     .started = std::chrono::system_clock::time_point(started_),
                     .from_start = from_start};
    call_ = std::make_unique<call_inspector>(std::move(label), plan_.tell);
    for (const held& h : std::exchange(held_, {}))
        data(h.from_client, h.bytes, h.at);
}

void capture_stream::skip() {
    verdict_ = verdict::skipped;
    ++plan_.totals.streams_skipped;
    held_ = {};
}

// By the first bytes of one side. The side that speaks an id is the caller, whoever opened the connection; without one,
// and in the middle of a connection, the port has to tell.
void capture_stream::decide(bool from_client, std::span<const std::byte> bytes) {
    if (starts_with_id(bytes)) {
        accept(from_client ? side::caller : side::server, true);
        return;
    }
    const std::uint16_t port = plan_.port.value_or(default_port);
    if (ports_[0] == port || ports_[1] == port) {
        accept(ports_[1] == port ? side::caller : side::server, false);
        return;
    }
    strange_[index(from_client)] = true;
    if ((strange_[0] && strange_[1]) || held_bytes_ > held_bytes_max) skip();
}

void capture_stream::data(bool from_client, std::span<const std::byte> bytes, timestamp at) {
    if (verdict_ == verdict::undecided) {
        held_.push_back({from_client, {bytes.begin(), bytes.end()}, at});
        held_bytes_ += bytes.size();
        decide(from_client, bytes);
    } else if (verdict_ == verdict::call) {
        call_->data(side_of(from_client), bytes, since_start(at));
    }
}

void capture_stream::packet(bool from_client, bool fin, bool rst, timestamp at) {
    last_at_ = std::max(last_at_, at);
    if (!call_) return;
    call_->note_seen(side_of(from_client));
    if (!fin && !rst) return;
    const ending how = rst ? ending::reset : ending::closed;
    if (hole& h = holes_[index(from_client)]; h.since)
        h.end = {how, at};
    else
        call_->closed(side_of(from_client), how, since_start(at));
}

void capture_stream::out_of_order(bool from_client, const Tins::TCPIP::Flow& flow, std::uint32_t sequence,
                                  timestamp at) {
    if (distance(flow.sequence_number(), sequence) <= 0) { // sent again
        if (call_) call_->reordered(side_of(from_client), since_start(at));
        return;
    }
    hole& h = holes_[index(from_client)];
    if (!h.since) h.since = at;
    h.behind.emplace(sequence, at);
}

void capture_stream::check_holes(Tins::TCPIP::Stream& stream, timestamp at) {
    for (const bool from_client : {true, false}) {
        hole& h = holes_[index(from_client)];
        if (!h.since) continue;
        Tins::TCPIP::Flow& flow = from_client ? stream.client_flow() : stream.server_flow();
        if (flow.buffered_payload().empty()) {
            if (call_) call_->reordered(side_of(from_client), since_start(at));
            forget_hole(from_client);
        } else if (at - *h.since > hole_age_max) {
            flush(flow, from_client);
        }
    }
}

void capture_stream::forget_hole(bool from_client) {
    const hole gone = std::exchange(holes_[index(from_client)], {});
    if (call_ && gone.end) call_->closed(side_of(from_client), gone.end->first, since_start(gone.end->second));
}

void capture_stream::flush(Tins::TCPIP::Stream& stream) {
    flush(stream.client_flow(), true);
    flush(stream.server_flow(), false);
}

void capture_stream::flush(Tins::TCPIP::Flow& flow, bool from_client) {
    std::uint32_t next = flow.sequence_number();
    std::vector<std::pair<std::uint32_t, Tins::TCPIP::Flow::payload_type>> waiting(flow.buffered_payload().begin(),
                                                                                   flow.buffered_payload().end());
    std::sort(waiting.begin(), waiting.end(),
              [next](const auto& a, const auto& b) { return distance(next, a.first) < distance(next, b.first); });
    hole& h = holes_[index(from_client)];
    for (const auto& [sequence, payload] : waiting) {
        const auto found = h.behind.find(sequence);
        const timestamp at = found == h.behind.end() ? last_at_ : found->second;
        const std::int32_t missing = distance(next, sequence);
        if (missing > 0 && call_)
            call_->lost(side_of(from_client), static_cast<std::uint64_t>(missing), since_start(at));
        const auto known = static_cast<std::size_t>(std::max(-missing, 0));
        if (known >= payload.size()) continue;
        data(from_client, std::as_bytes(std::span(payload)).subspan(known), at);
        next = sequence + static_cast<std::uint32_t>(payload.size());
    }
    flow.advance_sequence(next); // lets the reassembly forget what was taken
    forget_hole(from_client);
}

void capture_stream::finish() {
    // Too little to tell, or a capture of the side that does not start: not a call that anybody could use.
    if (verdict_ == verdict::undecided) skip();
    if (call_ && !call_->finish(since_start(last_at_))) ++plan_.totals.calls_with_findings;
}

} // namespace audiosocket::app::inspect
