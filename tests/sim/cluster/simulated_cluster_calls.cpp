// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/simulated_cluster.hpp"

#include <gtest/gtest.h>

#include <cmath>

// The dialplans: calls are announced, arrive, end, and are hung up from elsewhere.

namespace audiosocket::test {

void simulated_cluster::register_call() {
    uuid id;
    for (auto& byte : id.bytes)
        byte = static_cast<std::byte>(dice_());
    ++registered_;
    calls_[id] = {};
    try_to_register(id);
}

void simulated_cluster::try_to_register(const uuid& id) {
    known& c = calls_[id];
    if (++c.tries > 4) {
        ++unplaced_;
        calls_.erase(id);
        return;
    }
    process* p = random_node();
    switch (p->own->announce(id, "context of " + to_string(id), now_, !p->draining)) {
    case member::placement::here: answered(id, p->own->nodes(now_).front().facts.connect); break;
    case member::placement::later: asked_[id] = p->own->id(); break;
    default: try_to_register(id);
    }
    drive(*p);
}

void simulated_cluster::answered(const uuid& id, const std::string& connect) {
    known& c = calls_.at(id);
    EXPECT_TRUE(c.answered.empty()) << "answered twice";
    c.answered = connect;
    events_.push({now_ + 1ms + up_to(roll(10) ? 20'000ms : 50ms), kind::connect, id});
}

void simulated_cluster::connect(const uuid& id) {
    known& c = calls_.at(id);
    process* home = nullptr;
    for (auto& [node, p] : nodes_)
        if (p->own->nodes(now_).front().facts.connect == c.answered && !p->draining) home = p.get();
    if (!home) return forget(id); // died meanwhile
    process* where = home;
    if (roll(20)) where = random_node(); // by a balancer that does not know
    auto context = where->own->take(id, now_);
    if (!context && where->connected && !hub_away_) {
        const auto stored = bucket_.find(member::context_key(id));
        if (stored != bucket_.end() && stored->second.first) {
            context = parse_context(*stored->second.first)->context;
            where->own->took(id);
        }
    }
    const bool promised = where == home && born_with_.at(id) == home->own->id();
    EXPECT_TRUE(context || !promised) << "context lost while its node lives";
    if (where != home) ++strayed_;
    ++arrived_;
    c.has_arrived = true;
    c.on = where->own->id();
    where->own->call_started(id, {"10.0.0.1:5000", 0});
    where->calls.insert(id);
    report_facts(*where);
    drive(*where);
    const auto lasts = std::chrono::milliseconds(1 + static_cast<long>(-std::log(1 - unit(dice_)) * mean_ms()));
    events_.push({now_ + lasts, kind::end, id});
    if (roll(50)) events_.push({now_ + lasts / 2, kind::hang_up, id});
}

void simulated_cluster::end(const uuid& id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    if (const auto p = nodes_.find(found->second.on); p != nodes_.end()) {
        p->second->own->call_ended(id);
        p->second->calls.erase(id);
        report_facts(*p->second);
        drive(*p->second);
    }
    forget(id);
}

void simulated_cluster::forget(const uuid& id) {
    calls_.erase(id);
    born_with_.erase(id);
}

void simulated_cluster::hang_up(const uuid& id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    process* p = random_node();
    if (p->own->id() == found->second.on) return;
    if (!p->own->end_elsewhere(id, false, now_).empty()) found->second.asked_to_end = true;
    drive(*p);
}

} // namespace audiosocket::test
