// SPDX-License-Identifier: Apache-2.0
#include "inspect/call_inspector.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <algorithm>

namespace audiosocket::app::inspect {

using std::chrono::microseconds;

call_inspector::call_inspector(call_label label, const observers& seen_by)
    : label_(std::move(label)), observers_(seen_by), caller_{{side::caller, label_.has_clock(), label_.from_start,
                                                              [this](const seen_message& seen) { on_message(seen); }}},
      server_{{side::server, label_.has_clock(), label_.from_start,
               [this](const seen_message& seen) { on_message(seen); }}} {
    for (const auto& o : observers_)
        o->begin(label_);
}

void call_inspector::data(side from, std::span<const std::byte> bytes, microseconds at) {
    note_quiet(at);
    last_data_at_ = at;
    at_side(from).seen = true;
    at_side(from).stream.feed(bytes, at);
}

void call_inspector::lost(side from, std::uint64_t bytes, microseconds at) {
    last_data_at_ = std::max(last_data_at_, at); // even a hole shows that data was sent
    const bool in_audio = at_side(from).stream.lost(bytes, at);
    if (from == side::server && !in_audio) pacing_.forget();
}

void call_inspector::reordered(side from, microseconds at) {
    at_side(from).stream.findings().remarks.add(fault::capture_reordered, here(from, at));
}

void call_inspector::closed(side from, ending how, microseconds at) {
    if (direction& victim = at_side(other(from)); how == ending::reset && victim.end == ending::open)
        victim.end = ending::torn;
    direction& d = at_side(from);
    if (d.end != ending::open) return;
    d.end = how;
    end_pacing(at);
    if (from == side::server && how == ending::reset) d.stream.findings().remarks.add(fault::reset, here(from, at));
}

bool call_inspector::finish(microseconds at) {
    end_pacing(at);
    for (direction* d : {&caller_, &server_})
        d->stream.end(d->seen || !label_.has_clock() ? d->end : ending::absent);
    for (const auto& o : observers_)
        o->end(label_, caller_.stream.findings(), server_.stream.findings());
    return caller_.stream.findings().is_sound() && server_.stream.findings().is_sound();
}

void call_inspector::on_message(const seen_message& seen) {
    if (label_.has_clock()) {
        if (seen.message.kind == kind::id && seen.sender == side::caller) pacing_.id_arrived(seen.where.at);
        if (is_audio(seen.message.kind) && seen.sender == side::server)
            pacing_.audio_arrived(seen.where, seen.duration, server_.stream.findings().remarks);
        if (seen.message.kind == kind::hangup) end_pacing(seen.where.at);
    }
    for (const auto& o : observers_)
        o->message(label_, seen);
}

void call_inspector::note_quiet(microseconds at) {
    if (!label_.has_clock() || !caller_.stream.findings().id) return;
    if (const auto quiet = at - last_data_at_; quiet > asterisk::idle_max)
        server_.stream.findings().remarks.add(fault::quiet_call, here(side::server, at),
                                              std::chrono::round<std::chrono::milliseconds>(quiet).count());
}

// The call ends when either side ends it; from then on no audio is expected.
void call_inspector::end_pacing(microseconds at) {
    if (label_.has_clock() && !server_.stream.is_nonsense())
        pacing_.ended(here(side::server, at), server_.seen, server_.stream.findings().remarks);
}

} // namespace audiosocket::app::inspect
