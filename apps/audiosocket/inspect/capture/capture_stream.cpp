// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_stream.hpp"

#include "diagnosis/other_protocol.hpp"

#include <audiosocket/net/address.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::app::inspect {
namespace {

// How far packets may be out of order if the capture took them from several queues.
constexpr std::chrono::seconds disorder_max{1};

std::size_t index(bool from_client) {
    return from_client ? 0 : 1;
}

} // namespace

capture_stream::capture_stream(const capture_plan& plan, const tcp_connection& connection, timestamp at)
    : plan_(plan), connection_(connection), started_(at), last_at_(at) {
    if (plan_.port && !has_port()) skip();
}

bool capture_stream::has_port() const noexcept {
    const std::uint16_t port = plan_.port.value_or(default_port);
    return connection_.client().port == port || connection_.server().port == port;
}

void capture_stream::started_earlier(timestamp at) noexcept {
    if (!call_ && at < started_ && started_ - at < disorder_max) started_ = at;
}

void capture_stream::note_seen(bool from_client, timestamp at) {
    last_at_ = std::max(last_at_, at);
    seen_[index(from_client)] = true;
    if (call_) call_->note_seen(side_of(from_client));
}

void capture_stream::accept(side client, bool from_start) {
    verdict_ = verdict::call;
    client_ = client;
    std::string ends[] = {to_string(connection_.client()), to_string(connection_.server())};
    call_label label{.number = ++plan_.totals.calls,
                     .caller = std::move(ends[index(client == side::caller)]),
                     .server = std::move(ends[index(client == side::server)]),
                     .started = std::chrono::system_clock::time_point(started_),
                     .from_start = from_start};
    call_ = std::make_unique<call_inspector>(std::move(label), plan_.seen_by);
    for (const bool from_client : {true, false})
        if (seen_[index(from_client)]) call_->note_seen(side_of(from_client));
    for (const held& h : std::exchange(held_, {}))
        hand_over(h);
}

void capture_stream::skip() {
    verdict_ = verdict::skipped;
    ++plan_.totals.streams_skipped;
    held_ = {};
}

// Decides by the first bytes of one side. The side that sends an id is the caller, even if the other side opened the
// connection. Without an id, and in the middle of a connection, the port decides.
void capture_stream::decide(bool from_client) {
    if (has_port() && connection_.has_start()) return accept(side::caller, true);
    std::vector<std::byte> first;
    std::array<bool, 2> is_strange{};
    for (const held& h : held_) {
        if (h.what == held::kind::data && h.from_client == from_client && first.size() < header_bytes)
            first.insert(first.end(), h.bytes.begin(), h.bytes.end());
        if (h.what == held::kind::data) is_strange[index(h.from_client)] = true;
    }
    if (diagnosis::starts_with_id(first)) return accept(from_client ? side::caller : side::server, true);
    if (has_port()) {
        const std::uint16_t port = plan_.port.value_or(default_port);
        return accept(connection_.server().port == port ? side::caller : side::server, false);
    }
    const bool is_whole = first.size() >= header_bytes;
    if ((is_whole && is_strange[0] && is_strange[1]) || held_bytes_ > held_bytes_max) skip();
}

// Returns true if the connection is undecided; the event then waits.
bool capture_stream::hold(held&& event) {
    if (verdict_ != verdict::undecided) return false;
    constexpr std::size_t least_bytes = 64; // of memory
    held_bytes_ += event.bytes.size() + (event.what == held::kind::data ? 0 : least_bytes);
    held_.push_back(std::move(event));
    return true;
}

void capture_stream::hand_over(const held& event) {
    switch (event.what) {
    case held::kind::data: return data(event.from_client, event.bytes, event.at);
    case held::kind::lost: return lost(event.from_client, event.count, event.at);
    case held::kind::reordered: return reordered(event.from_client, event.at);
    case held::kind::closed: return closed(event.from_client, event.how, event.at);
    }
}

void capture_stream::data(bool from_client, std::span<const std::byte> bytes, timestamp at) {
    if (call_) return call_->data(side_of(from_client), bytes, since_start(at));
    if (verdict_ != verdict::undecided) return;
    hold({held::kind::data, from_client, at, {bytes.begin(), bytes.end()}});
    decide(from_client);
}

void capture_stream::lost(bool from_client, std::uint64_t bytes, timestamp at) {
    if (call_) {
        ++plan_.totals.holes;
        return call_->lost(side_of(from_client), bytes, since_start(at));
    }
    if (hold({held::kind::lost, from_client, at, {}, bytes}) && has_port() && connection_.has_start())
        accept(side::caller, true);
}

void capture_stream::reordered(bool from_client, timestamp at) {
    if (call_) return call_->reordered(side_of(from_client), since_start(at));
    if (held_bytes_ <= held_bytes_max) hold({held::kind::reordered, from_client, at});
}

void capture_stream::closed(bool from_client, ending how, timestamp at) {
    if (call_) return call_->closed(side_of(from_client), how, since_start(at));
    hold({held::kind::closed, from_client, at, {}, 0, how});
}

void capture_stream::finish() {
    if (verdict_ == verdict::undecided) {
        // On the port, a connection without a byte is a call that failed. On other ports it may be anything.
        if (!has_port() || !connection_.has_start())
            skip();
        else if (seen_[0] && seen_[1])
            accept(side::caller, true);
        else
            ++plan_.totals.unanswered;
    }
    if (call_ && !call_->finish(since_start(last_at_))) ++plan_.totals.calls_with_findings;
}

} // namespace audiosocket::app::inspect
