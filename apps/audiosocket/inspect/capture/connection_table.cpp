// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/connection_table.hpp"

#include <algorithm>

namespace audiosocket::app::inspect {

void connection_table::take(const tcp_segment& s, timestamp at) {
    now_ = std::max(now_, at);
    forget_quiet();
    const key k = std::minmax(s.from, s.to);
    auto found = entries_.find(k);
    if (found != entries_.end()) {
        ages_.splice(ages_.end(), ages_, found->second.age);
        if (!found->second.stream && !is_new(found->second, s)) return;
        switch (found->second.stream ? found->second.connection.judge(s, now_) : tcp_connection::fate::other) {
        case tcp_connection::fate::ours: break;
        case tcp_connection::fate::stray: return;
        case tcp_connection::fate::other: remove(found); found = entries_.end();
        }
    }
    if (found == entries_.end()) found = add(k, s);

    entry& e = found->second;
    e.last_at = now_;
    const bool from_client = e.connection.is_from_client(s);
    if (s.syn) e.stream->started_earlier(at);
    e.stream->note_seen(from_client, now_);
    e.connection.take(s, now_, *e.stream);
    if (e.connection.is_over())
        end(e);
    else if (!e.stream->is_wanted())
        e.stream.reset();
}

connection_table::map::iterator connection_table::add(const key& k, const tcp_segment& s) {
    if (entries_.size() >= connections_max) {
        const auto quiet = ages_.front();
        if (quiet->second.stream && quiet->second.connection.has_data()) ++plan_.totals.given_up;
        remove(quiet);
    }
    const auto added = entries_.try_emplace(k, plan_, s, now_).first;
    added->second.age = ages_.insert(ages_.end(), added);
    return added;
}

// Returns whether this segment begins another connection, after the known one has ended or was skipped.
bool connection_table::is_new(const entry& e, const tcp_segment& s) const {
    if (s.syn) return e.connection.judge_syn(s) == tcp_connection::fate::other;
    return e.has_ended && now_ - e.last_at > ended_age_max && !s.rst;
}

void connection_table::end(entry& e) {
    e.has_ended = true;
    if (!e.stream) return;
    e.connection.flush(*e.stream);
    e.stream->finish();
    e.stream.reset();
}

void connection_table::remove(map::iterator e) {
    end(e->second);
    ages_.erase(e->second.age);
    entries_.erase(e);
}

void connection_table::forget_quiet() {
    while (!ages_.empty() && now_ - ages_.front()->second.last_at > quiet_max)
        remove(ages_.front());
}

void connection_table::finish() {
    for (auto& [k, e] : entries_)
        end(e);
}

} // namespace audiosocket::app::inspect
