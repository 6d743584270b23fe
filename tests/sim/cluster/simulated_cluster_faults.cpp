// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/simulated_cluster.hpp"

#include <algorithm>

// What goes wrong: nodes die, drain and join; the directory is slow, cut off, away, or empty.

namespace audiosocket::test {

void simulated_cluster::disturb() {
    process* p = random_node();
    switch (dice_() % 8) {
    case 0: return kill(*p);
    case 1: return drain(*p);
    case 2:
        if (nodes_.size() < size_.nodes * 5 / 4) {
            ++joins_;
            start_node("j" + std::to_string(joins_));
        }
        return;
    case 3:
    case 4: return partition(*p, roll(2) ? 3s : 2 * lease);
    case 5: return hub_away_ ? hub_returns() : hub_goes(roll(2));
    case 6: delay_ = roll(2) ? 2ms : 200ms; return;
    default: hub_returns();
    }
}

void simulated_cluster::kill(process& p) {
    if (nodes_.size() < size_.nodes / 2) return;
    ++deaths_;
    const node_id id = p.own->id();
    for (const auto& call : p.calls) {
        forget(call);
        ++lost_calls_;
    }
    replace(id);
}

void simulated_cluster::replace(node_id id) {
    std::vector<uuid> unanswered; // its dialplans try another node
    for (const auto& [call, by] : asked_)
        if (by == id) unanswered.push_back(call);
    nodes_.erase(id);
    for (const auto& call : unanswered) {
        asked_.erase(call);
        if (calls_.contains(call)) try_to_register(call);
    }
    start_node(std::string(name_of(id)));
}

void simulated_cluster::drain(process& p) {
    if (p.draining) return;
    ++drains_;
    p.draining = true;
    report_facts(p);
    drive(p);
    // Calls that were sent here and have not connected are lost for their dialplans, as with any stop.
    for (const auto& call : p.calls)
        if (roll(2)) events_.push({now_ + up_to(20s), kind::end, call});
}

void simulated_cluster::partition(process& p, std::chrono::seconds most) {
    if (p.partitioned) return;
    ++partitions_;
    p.partitioned = true;
    ends_.emplace_back(now_ + up_to(most), p.own->id());
    if (p.connected) disconnect(p);
    calm_ = std::max(calm_, now_ + size_.time / 4);
}

void simulated_cluster::end_partitions() {
    std::erase_if(ends_, [this](const auto& e) {
        if (e.first > now_) return false;
        if (const auto found = nodes_.find(e.second); found != nodes_.end()) found->second->partitioned = false;
        return true;
    });
}

void simulated_cluster::hub_goes(bool loses) {
    ++outages_;
    hub_away_ = true;
    calm_ = now_ + size_.time / 4;
    if (loses) {
        ++losses_;
        bucket_.clear();
        revision_ = 0;
    }
    for (auto& [id, p] : nodes_)
        if (p->connected) disconnect(*p);
}

void simulated_cluster::heal() {
    hub_returns();
    delay_ = 2ms;
    for (auto& [id, p] : nodes_)
        p->partitioned = false;
}

} // namespace audiosocket::test
