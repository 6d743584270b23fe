// SPDX-License-Identifier: Apache-2.0
#include "directory/member.hpp"

#include "directory/placement.hpp"

#include <algorithm>
#include <utility>

// Calls and contexts belong to a node and have no lease of their own: with the lease of the node they all end. So the
// directory gets three writes a lease from each node, however many calls there are (docs/adr/0013).

namespace audiosocket::app::directory {
namespace {

std::string call_key(const node_id& node, const uuid& id) {
    return entry_key{entry_kind::call, node, id}.text();
}

} // namespace

member::member(options how, context_registry* contexts)
    : options_(std::move(how)), contexts_(contexts), node_key_(entry_key{entry_kind::node, options_.node, {}}.text()),
      peers_(options_.known) {
    facts_.lease = options_.lease;
    facts_.connect = options_.connect;
    facts_.admin = options_.admin;
}

std::string member::context_key(const uuid& id) {
    return entry_key{entry_kind::context, {}, id}.text();
}

// --- The directory ---

void member::connected(std::chrono::nanoseconds ttl, time_point) {
    ttl_ = ttl;
    state_ = link::snapshot;
    own_.snapshot_begins();
    peers_.snapshot_begins();
}

void member::snapshot_complete(time_point now) {
    if (state_ != link::snapshot) return;
    state_ = link::connected;
    peers_.snapshot_ends(now);
    // Others may have given up this node, and its entries with it.
    own_.snapshot_ends(now - node_written_ >= options_.lease / 2);
    if (!leaving_) write_node(now);
}

void member::lost(time_point now) {
    state_ = link::away;
    peers_.freeze();
    std::vector<uuid> waiting;
    for (const auto& [id, p] : pending_)
        waiting.push_back(id);
    for (const auto& id : waiting)
        hold_instead(id, now);
}

void member::apply(const update& u, time_point now) {
    if (state_ == link::away) return;
    ++counts_.updates;
    const auto key = entry_key::parse(u.key);
    if (!key) {
        ++counts_.bad;
        return;
    }
    own_.seen(u.key, u.value, u.revision);
    switch (key->kind) {
    case entry_kind::node: return apply_node(*key, u, now);
    case entry_kind::call: return apply_call(*key, u, now);
    case entry_kind::context: return apply_context(key->id, u, now);
    case entry_kind::end: return apply_end(*key, u);
    }
}

void member::apply_node(const entry_key& key, const update& u, time_point now) {
    if (key.node == options_.node) {
        if (!u.value && !leaving_) own_.write_again(u.key);
        return;
    }
    std::optional<node_facts> facts;
    if (u.value) {
        facts = parse_node(*u.value);
        if (!facts) {
            ++counts_.bad;
            return;
        }
    }
    omit_if(!peers_.node_updated(key.node, facts, u.revision, now));
}

void member::apply_call(const entry_key& key, const update& u, time_point now) {
    if (key.node == options_.node) {
        const bool lives = own_.find(u.key) != nullptr;
        if (lives && !u.value && own_.confirmed(u.key)) own_.write_again(u.key);
        if (!lives && u.value && state_ == link::snapshot) own_.remove(u.key); // it ended while the directory was away
        return;
    }
    std::optional<call_entry> facts;
    if (u.value) {
        facts = parse_call(*u.value);
        if (!facts) {
            ++counts_.bad;
            return;
        }
    }
    omit_if(!peers_.call_updated(key.node, key.id, facts, u.revision, now));
}

void member::apply_context(const uuid& id, const update& u, time_point now) {
    if (!u.value) return context_removed(id, u, now);
    const auto entry = parse_context(*u.value);
    if (!entry) {
        ++counts_.bad;
        return;
    }
    const bool own = own_.find(u.key) != nullptr;
    if (entry->home != options_.node) {
        const auto waits = pending_.find(id);
        if (waits != pending_.end() && entry->home == waits->second.target) {
            if (entry->refused) {
                hold_instead(id, now);
            } else if (entry->held) {
                ++counts_.sent_away;
                peers_.sent_to(waits->second.target);
                actions_.emplace_back(placed{id, waits->second.connect});
                pending_.erase(waits);
            }
        }
        // Announced again, or confirmed too late. This node keeps its copy, because a call may be on its way here.
        const bool settled = own_.confirmed(u.key) || state_ == link::snapshot;
        if (own && settled && u.revision > own_.revision(u.key)) own_.forget(u.key);
        return;
    }
    if (entry->refused) return;
    if (entry->held) {
        const auto waits = pending_.find(id);
        if (own && waits != pending_.end() && waits->second.target == options_.node) hold_instead(id, now);
        if (!own && state_ == link::snapshot) own_.remove(u.key); // taken or expired while the directory was away
        return;
    }
    // Announced again, or of an earlier connection to the directory. Who announced it waits for this.
    if (contexts_ && contexts_->find(id, now) == entry->context)
        return own_.set(u.key, to_value(context_entry{options_.node, true, false, entry->context}));
    if (contexts_ && takes_calls() && hold(id, entry->context, now) == placement::here) return;
    // Not removed, because the key may have the answer of another announcement by then.
    drop_context(id, now);
    actions_.emplace_back(write{u.key, to_value(context_entry{options_.node, false, true, {}})});
}

// Taken by another node, or withdrawn there.
void member::context_removed(const uuid& id, const update& u, time_point now) {
    if (own_.find(u.key) && own_.confirmed(u.key) && u.revision > own_.revision(u.key)) drop_context(id, now);
}

void member::drop_context(const uuid& id, time_point now) {
    own_.forget(context_key(id));
    if (contexts_ && contexts_->remove(id, now)) actions_.emplace_back(withdrawn{id});
}

void member::apply_end(const entry_key& key, const update& u) {
    if (key.node != options_.node || !u.value) return;
    own_.remove(u.key);
    if (const auto entry = parse_end(*u.value))
        actions_.emplace_back(end_call{key.id, entry->when_played, entry->by});
    else
        ++counts_.bad;
}

// --- This node ---

void member::set_addresses(std::string connect, std::string admin) {
    facts_.connect = std::move(connect);
    facts_.admin = std::move(admin);
}

void member::report(const node_facts& now_is, time_point now) {
    const bool news = now_is.state != facts_.state;
    facts_.state = now_is.state;
    facts_.calls = now_is.calls;
    facts_.calls_max = now_is.calls_max;
    facts_.load = now_is.load;
    if (news && state_ == link::connected) write_node(now);
}

void member::write_node(time_point now) {
    facts_.waiting = contexts_ ? contexts_->counts(now).entries : 0;
    own_.set(node_key_, to_value(facts_));
    node_written_ = now;
}

// Without a first report the limit is unknown.
bool member::has_room() const {
    return (facts_.calls_max == 0 || facts_.calls < facts_.calls_max) && !leaving_ && !handed_over_;
}

bool member::takes_calls() const {
    return facts_.state == node_state::ready && has_room();
}

// Returns where the call is to connect; empty: here. Nothing: nowhere.
std::optional<std::string> member::choose(const uuid& id, time_point now, bool here_too) {
    const bool takes = here_too && takes_calls();
    const auto waiting = contexts_ ? contexts_->counts(now).entries : 0;
    const candidate here{options_.node, used_share(facts_.calls + waiting, facts_.calls_max),
                         used_share(1, facts_.calls_max), is_busy(facts_.load)};
    std::vector<candidate> others;
    if (state_ == link::connected) {
        for (const auto& [node, p] : peers_.all()) {
            // Behind one address a balancer chooses.
            if (p.facts.connect.empty() || p.facts.connect == facts_.connect) continue;
            if (peers_.state_of(p, now) != node_state::ready) continue;
            const auto calls = p.calls.size() + p.facts.waiting + p.sent;
            if (calls >= p.facts.calls_max) continue;
            others.push_back(
                {node, used_share(calls, p.facts.calls_max), used_share(1, p.facts.calls_max), is_busy(p.facts.load)});
        }
    }
    const auto* home = choose_home(id, takes ? &here : nullptr, others);
    // A node that is to get no more calls accepts them still.
    if (!home && here_too && has_room()) return std::string();
    if (!home) return std::nullopt;
    return home == &here ? std::string() : home->node;
}

member::placement member::hold(const uuid& id, std::string context, time_point now) {
    switch (contexts_->add(id, context, now)) {
    case registration::too_large: return placement::too_large;
    case registration::full: return placement::no_room;
    case registration::accepted: break;
    }
    own_.set(context_key(id), to_value(context_entry{options_.node, true, false, context}));
    context_ends_.emplace_back(now + contexts_->options().lifetime, id);
    actions_.emplace_back(announced{id, std::move(context)});
    return placement::here;
}

member::placement member::announce(const uuid& id, std::string context, time_point now, bool here_too) {
    pending_.erase(id);
    if (!contexts_) return placement::no_room;
    if (context.size() > contexts_->options().context_bytes_max) return hold(id, std::move(context), now); // counts it
    const auto home = choose(id, now, here_too);
    if (!home) return placement::nowhere;
    if (home->empty()) {
        const auto held = hold(id, std::move(context), now);
        if (held != placement::here || options_.alone || state_ != link::connected) return held;
        pending_.emplace(id, pending{{}, options_.node, facts_.connect, now + storing_time, here_too});
        return placement::later;
    }
    drop_context(id, now);
    const auto key = context_key(id);
    actions_.emplace_back(write{key, to_value(context_entry{*home, false, false, context})});
    const auto& target = peers_.all().find(*home)->second;
    pending_.emplace(id, pending{std::move(context), *home, target.facts.connect, now + confirmation_time, here_too});
    return placement::later;
}

// Answers an announcement without another node: this node has the call, or takes it now if it can.
void member::hold_instead(const uuid& id, time_point now) {
    auto waits = pending_.extract(id);
    auto& p = waits.mapped();
    if (p.target == options_.node) {
        actions_.emplace_back(placed{id, p.connect});
        return;
    }
    ++counts_.unconfirmed;
    const bool takes = takes_calls() || (p.here_too && has_room());
    if (takes && hold(id, std::move(p.context), now) == placement::here) {
        actions_.emplace_back(placed{id, facts_.connect});
        return;
    }
    // The target is not to take it late. Not removed, because other nodes would take that for the end of the call,
    // which may have been announced to them by then.
    actions_.emplace_back(write{context_key(id), to_value(context_entry{p.target, false, true, {}})});
    actions_.emplace_back(placed{id, {}});
}

std::optional<std::string> member::take(const uuid& id, time_point now) {
    if (!contexts_) return std::nullopt;
    auto context = contexts_->take(id, now);
    if (context) own_.remove(context_key(id));
    return context;
}

std::optional<std::string> member::find(const uuid& id, time_point now) const {
    return contexts_ ? contexts_->find(id, now) : std::nullopt;
}

void member::took(const uuid& id) {
    if (state_ == link::connected) actions_.emplace_back(write{context_key(id), std::nullopt});
}

std::optional<bool> member::withdraw(const uuid& id, time_point now) {
    if (handed_over_) return std::nullopt;
    if (!contexts_ || !contexts_->remove(id, now)) return false;
    own_.remove(context_key(id));
    actions_.emplace_back(withdrawn{id});
    return true;
}

std::vector<waiting_context> member::hand_over(time_point now) {
    handed_over_ = true;
    return contexts_ ? contexts_->waiting(now) : std::vector<waiting_context>{};
}

bool member::inherit(waiting_context one, time_point now) {
    const auto id = one.id;
    auto value = to_value(context_entry{options_.node, true, false, one.context});
    const auto end = now + contexts_->options().lifetime - one.age;
    if (!contexts_->restore(std::move(one), now)) return false;
    own_.set(context_key(id), std::move(value));
    // From the back, because the oldest are inherited first.
    const auto earlier =
        std::find_if(context_ends_.rbegin(), context_ends_.rend(), [&](const auto& e) { return e.first <= end; });
    context_ends_.emplace(earlier.base(), end, id);
    return true;
}

void member::call_started(const uuid& id, const call_entry& facts) {
    ++calls_[id];
    ++facts_.calls;
    own_.set(call_key(options_.node, id), to_value(facts));
}

void member::call_ended(const uuid& id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    if (facts_.calls > 0) --facts_.calls;
    if (--found->second > 0) return;
    calls_.erase(found);
    own_.remove(call_key(options_.node, id));
}

std::vector<node_id> member::end_elsewhere(const uuid& id, bool when_played, time_point now) {
    std::vector<node_id> asked;
    if (state_ != link::connected) return asked;
    for (const auto& call : find_elsewhere(id, now)) {
        asked.push_back(call.node);
        actions_.emplace_back(
            write{entry_key{entry_kind::end, call.node, id}.text(), to_value(end_entry{when_played, options_.node})});
    }
    return asked;
}

void member::leave() {
    leaving_ = true;
    own_.remove(node_key_);
    for (const auto& [id, count] : calls_)
        own_.remove(call_key(options_.node, id));
}

// --- Results ---

void member::expire_contexts(time_point now) {
    while (!context_ends_.empty() && context_ends_.front().first <= now) {
        const auto id = context_ends_.front().second;
        context_ends_.pop_front();
        const auto key = context_key(id);
        if (own_.find(key) && !contexts_->find(id, now)) own_.remove(key);
    }
}

void member::poll(time_point now) {
    expire_contexts(now);
    peers_.sweep(now);
    std::vector<uuid> late;
    for (const auto& [id, p] : pending_)
        if (now >= p.until) late.push_back(id);
    for (const auto& id : late)
        hold_instead(id, now);
    if (state_ != link::connected || leaving_) return;
    if (now - node_written_ >= options_.lease / 3) write_node(now);
    if (ttl_.count() > 0) own_.write_older_than(now - ttl_ / 3);
}

std::optional<member::action> member::next(time_point now) {
    while (!actions_.empty()) {
        auto first = std::move(actions_.front());
        actions_.pop_front();
        // What was not written before the directory went away is written by the next snapshot, or is no longer true.
        if (std::holds_alternative<write>(first) && state_ != link::connected) continue;
        return first;
    }
    if (state_ != link::connected) return std::nullopt;
    if (auto w = own_.next(now)) return action(*std::move(w));
    return std::nullopt;
}

} // namespace audiosocket::app::directory
