// SPDX-License-Identifier: Apache-2.0
#include "directory/peers.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app::directory {
namespace {

// How long and how many removed keys are remembered. Updates overtake each other by milliseconds.
constexpr std::chrono::seconds grave_time{30};
constexpr std::size_t graves_max = 100'000;

// After so many leases a node that is gone does not come back as the same process.
constexpr int leases_kept = 40;

} // namespace

bool peers::outdated(const std::string& key, std::uint64_t revision) const {
    const auto found = removed_.find(key);
    return found != removed_.end() && found->second >= revision;
}

void peers::bury(std::string key, std::uint64_t revision, time_point now) {
    auto& known = removed_[key];
    known = std::max(known, revision);
    graves_.push_back({std::move(key), now});
    while (!graves_.empty() && (graves_.size() > graves_max || now - graves_.front().since > grave_time)) {
        removed_.erase(graves_.front().key);
        graves_.pop_front();
    }
}

peers::peer* peers::find_or_add(const node_id& node, time_point now) {
    const auto found = all_.find(node);
    if (found != all_.end()) return &found->second;
    if (all_.size() >= limits_.nodes_max) return nullptr;
    auto& fresh = all_[node];
    fresh.seen = now;
    fresh.round = round_;
    return &fresh;
}

bool peers::node_updated(const node_id& node, const std::optional<node_facts>& facts, std::uint64_t revision,
                         time_point now) {
    auto key = entry_key{entry_kind::node, node, {}}.text();
    if (outdated(key, revision)) return true;
    if (!facts) {
        if (const auto found = all_.find(node); found != all_.end()) {
            if (found->second.revision > revision) return true;
            calls_ -= found->second.calls.size();
            all_.erase(found);
        }
        bury(std::move(key), revision, now);
        return true;
    }
    peer* p = find_or_add(node, now);
    if (!p) return false;
    p->round = round_;
    if (revision <= p->revision) return true;
    p->facts = *facts;
    p->revision = revision;
    p->introduced = true;
    p->sent = 0;
    p->seen = now;
    if (!in_snapshot_) p->alive = true;
    return true;
}

bool peers::call_updated(const node_id& node, const uuid& id, const std::optional<call_entry>& call,
                         std::uint64_t revision, time_point now) {
    auto key = entry_key{entry_kind::call, node, id}.text();
    if (outdated(key, revision)) return true;
    if (!call) {
        if (const auto found = all_.find(node); found != all_.end()) {
            const auto known = found->second.calls.find(id);
            if (known != found->second.calls.end()) {
                if (known->second.revision > revision) return true;
                found->second.calls.erase(known);
                --calls_;
            }
        }
        bury(std::move(key), revision, now);
        return true;
    }
    peer* p = find_or_add(node, now);
    if (!p) return false;
    const auto known = p->calls.find(id);
    if (known == p->calls.end()) {
        if (calls_ >= limits_.calls_max) return false;
        p->calls.emplace(id, peer::call{*call, revision, round_});
        ++calls_;
        return true;
    }
    known->second.round = round_;
    if (revision > known->second.revision) {
        known->second.facts = *call;
        known->second.revision = revision;
    }
    return true;
}

void peers::snapshot_begins() {
    ++round_;
    in_snapshot_ = true;
    removed_.clear();
    graves_.clear();
    for (auto& [node, p] : all_) {
        p.revision = 0;
        p.alive = false;
        for (auto& [id, call] : p.calls)
            call.revision = 0;
    }
}

void peers::snapshot_ends(time_point now) {
    in_snapshot_ = false;
    frozen_ = false;
    for (auto p = all_.begin(); p != all_.end();) {
        calls_ -= std::erase_if(p->second.calls, [this](const auto& call) { return call.second.round != round_; });
        p->second.seen = now;
        const bool gone = p->second.round != round_ && p->second.calls.empty();
        if (gone)
            p = all_.erase(p);
        else
            ++p;
    }
}

void peers::sweep(time_point now) {
    if (frozen_) return;
    for (auto p = all_.begin(); p != all_.end();) {
        if (now - p->second.seen < p->second.facts.lease * leases_kept) {
            ++p;
            continue;
        }
        calls_ -= p->second.calls.size();
        p = all_.erase(p);
    }
}

void peers::sent_to(const node_id& node) {
    if (const auto found = all_.find(node); found != all_.end()) ++found->second.sent;
}

std::optional<node_state> peers::state_of(const peer& p, time_point now) const {
    if (!p.introduced) return std::nullopt;
    if (frozen_) return node_state::away;
    const auto silent = now - p.seen;
    if (silent >= p.facts.lease) return std::nullopt;
    if (!p.alive || silent * 3 > p.facts.lease * 2) return node_state::away;
    return p.facts.state;
}

} // namespace audiosocket::app::directory
