// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/simulated_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>

namespace audiosocket::test {

simulated_cluster::simulated_cluster(unsigned seed, size_of_run size) : dice_(seed), size_(size) {
    calls_max_ = size.calls / size.nodes * 2 + 20;
    for (unsigned n = 0; n < size.nodes; ++n)
        start_node("n" + std::to_string(n));
    run_for(2 * lease);
}

void simulated_cluster::run() {
    const auto steps = size_.time / step;
    const double a_step = static_cast<double>(size_.calls) / static_cast<double>(steps);
    double due = 0;
    for (long n = 0; n < steps && !testing::Test::HasFailure(); ++n) {
        for (due += a_step; due >= 1; due -= 1)
            register_call();
        if (n < steps / 2 && roll(static_cast<unsigned>(2s / step))) disturb();
        if (n == steps / 2) heal();
        advance();
    }
    run_for(3 * lease);
    events_ = {};
    run_for(2 * lease); // what is on its way arrives, and a node that has just started learns which others are dead
    check_views();
    EXPECT_LT(worst_, 0.1) << "the load is not even";
    EXPECT_LE(unplaced_, registered_ / 100);
}

void simulated_cluster::report() const {
    std::printf("%zu registered, %zu answered by another node, %zu not placed; %zu calls arrived (%zu elsewhere), "
                "%zu hung up from elsewhere; %zu deaths took %zu calls; %zu joins, %zu drains, %zu partitions, "
                "%zu outages of the directory, %zu of them with loss; largest load %.1f %% from even (%zu samples); "
                "%zu updates applied\n",
                registered_, sent_away_, unplaced_, arrived_, strayed_, hung_up_, deaths_, lost_calls_, joins_, drains_,
                partitions_, outages_, losses_, worst_ * 100, samples_, applied_);
}

void simulated_cluster::start_node(const std::string& name) {
    const auto id = make_node_id(name, static_cast<unsigned>(dice_()));
    auto p = std::make_unique<process>(id, name + ":9092");
    p->joined = now_;
    p->reconnects = now_;
    nodes_[id] = std::move(p);
    calm_ = now_ + size_.time / 4;
}

process* simulated_cluster::random_node() {
    if (nodes_.empty()) return nullptr;
    auto which = nodes_.begin();
    std::advance(which, dice_() % nodes_.size());
    return which->second.get();
}

void simulated_cluster::report_facts(process& p) {
    node_facts f;
    f.state = state_of(p.draining, p.calls.size(), calls_max_);
    f.calls = p.calls.size();
    f.calls_max = calls_max_;
    p.own->report(f, now_);
}

void simulated_cluster::drive(process& p) {
    while (const auto a = p.own->next(now_)) {
        if (const auto* w = std::get_if<member::write>(&*a)) {
            p.outbox.emplace_back(now_ + 100us + up_to(delay_), *w);
        } else if (const auto* said = std::get_if<member::announced>(&*a)) {
            born_with_[said->id] = p.own->id();
        } else if (const auto* e = std::get_if<member::end_call>(&*a)) {
            const auto found = calls_.find(e->id);
            if (found == calls_.end() || !p.calls.contains(e->id)) continue; // it has just ended
            EXPECT_TRUE(found->second.asked_to_end) << "a call was ended without a request";
            ++hung_up_;
            end(e->id);
        } else if (const auto* done = std::get_if<member::placed>(&*a)) {
            asked_.erase(done->id);
            if (!done->connect.empty() && done->connect != p.own->nodes(now_).front().facts.connect) ++sent_away_;
            if (!calls_.contains(done->id)) continue;
            if (done->connect.empty())
                try_to_register(done->id);
            else
                answered(done->id, done->connect);
        }
    }
}

void simulated_cluster::connect_to_hub(process& p) {
    p.connected = true;
    p.inbox.clear();
    p.outbox.clear();
    p.own->connected(ttl, now_);
    for (const auto& [key, entry] : bucket_)
        p.own->apply({key, entry.first, entry.second}, now_);
    p.own->snapshot_complete(now_);
    drive(p);
}

void simulated_cluster::disconnect(process& p) {
    p.connected = false;
    p.inbox.clear();
    p.outbox.clear();
    p.reconnects = now_ + 100ms + up_to(1s);
    p.own->lost(now_);
    drive(p);
}

void simulated_cluster::store(const member::write& w) {
    bucket_[w.key] = {w.value, ++revision_};
    const auto sent = std::make_shared<const update>(update{w.key, w.value, revision_});
    for (auto& [id, p] : nodes_) {
        if (!p->connected) continue;
        auto at = now_ + 100us + up_to(delay_);
        if (!p->inbox.empty()) at = std::max(at, p->inbox.back().first);
        p->inbox.emplace_back(at, sent);
        // One connection keeps the order, and a cluster of servers may not.
        if (p->inbox.size() > 1 && roll(50)) std::swap(p->inbox.back().second, p->inbox.rbegin()[1].second);
    }
}

void simulated_cluster::advance() {
    now_ += step;
    for (auto& [id, p] : nodes_) { // writes of all, then deliveries
        while (!p->outbox.empty() && p->outbox.front().first <= now_ && p->connected) {
            store(p->outbox.front().second);
            p->outbox.pop_front();
        }
    }
    for (auto& [id, p] : nodes_) {
        if (p->inbox.empty() || p->inbox.front().first > now_) continue;
        while (!p->inbox.empty() && p->inbox.front().first <= now_) {
            p->own->apply(*p->inbox.front().second, now_);
            p->inbox.pop_front();
            ++applied_;
        }
        drive(*p);
    }
    if (++ticks_ % 20 == 0) tick();
    while (!events_.empty() && events_.top().at <= now_) {
        const auto e = events_.top();
        events_.pop();
        if (!calls_.contains(e.id)) continue;
        if (e.what == kind::connect)
            connect(e.id);
        else if (e.what == kind::end)
            end(e.id);
        else
            hang_up(e.id);
    }
}

void simulated_cluster::tick() {
    end_partitions();
    std::vector<node_id> over;
    for (auto& [id, p] : nodes_) {
        if (!p->connected && !p->partitioned && !hub_away_ && now_ >= p->reconnects) connect_to_hub(*p);
        report_facts(*p);
        p->own->poll(now_);
        drive(*p);
        if (p->draining && p->calls.empty() && p->contexts->counts(now_).entries == 0) over.push_back(id);
    }
    for (const auto& id : over) {
        auto& p = *nodes_.at(id);
        p.own->leave();
        drive(p);
        for (const auto& [at, w] : p.outbox)
            if (p.connected) store(w);
        replace(id);
    }
    if (now_ > calm_ && registered_ < size_.calls) sample();
}

void simulated_cluster::sample() {
    std::size_t sum = 0;
    std::size_t most = 0;
    std::size_t least = SIZE_MAX;
    std::size_t count = 0;
    for (const auto& [id, p] : nodes_) {
        if (p->draining || p->partitioned) continue;
        ++count;
        sum += p->calls.size();
        most = std::max(most, p->calls.size());
        least = std::min(least, p->calls.size());
    }
    const double even = static_cast<double>(sum) / static_cast<double>(count);
    if (even < 100) return;
    ++samples_;
    // Calls end at random times; of few calls a few are many per cent.
    constexpr double noise = 5;
    worst_ = std::max(
        {worst_, (static_cast<double>(most) - noise) / even - 1, 1 - (static_cast<double>(least) + noise) / even});
}

void simulated_cluster::run_for(std::chrono::seconds time) {
    for (auto until = now_ + time; now_ < until;)
        advance();
}

// After all is well again, each node knows each call of each node, and no others.
void simulated_cluster::check_views() {
    std::set<std::pair<node_id, uuid>> all;
    for (const auto& [id, p] : nodes_)
        for (const auto& call : p->calls)
            all.emplace(id, call);
    for (const auto& [id, p] : nodes_) {
        EXPECT_EQ(p->own->nodes(now_).size(), nodes_.size()) << id;
        std::set<std::pair<node_id, uuid>> seen;
        for (const auto& n : p->own->nodes(now_))
            for (const auto& call : p->own->calls_of(n.node, now_))
                seen.emplace(call.node, call.id);
        for (const auto& call : p->calls)
            seen.emplace(id, call);
        EXPECT_EQ(seen.size(), all.size()) << id;
        EXPECT_TRUE(seen == all) << id;
        EXPECT_EQ(p->own->counts().bad, 0U);
        EXPECT_EQ(p->own->counts().omitted, 0U);
    }
    EXPECT_TRUE(asked_.empty()) << "an announcement was never answered";
}

} // namespace audiosocket::test
