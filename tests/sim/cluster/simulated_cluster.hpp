// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/cluster/simulated_node.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <queue>
#include <random>
#include <set>

namespace audiosocket::test {

/// A cluster on a virtual clock: nodes, their dialplans, and a directory with delays, partitions and losses.
class simulated_cluster {
  public:
    simulated_cluster(unsigned seed, size_of_run size) : dice_(seed), size_(size) {
        calls_max_ = size.calls / size.nodes * 2 + 20;
        for (unsigned n = 0; n < size.nodes; ++n)
            start_node("n" + std::to_string(n));
        run_for(2 * lease);
    }

    void run() {
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
        run_for(2s); // what is on its way arrives
        check_views();
        EXPECT_GT(samples_, 0U);
        EXPECT_LT(worst_, 0.1) << "the load is not even";
        EXPECT_LE(unplaced_, registered_ / 100);
    }

    void report() const {
        std::printf(
            "%zu registered, %zu answered by another node, %zu not placed; %zu calls arrived (%zu elsewhere), "
            "%zu hung up from elsewhere; %zu deaths took %zu calls; %zu joins, %zu drains, %zu partitions, "
            "%zu outages of the directory, %zu of them with loss; largest load %.1f %% from even (%zu samples); "
            "%zu updates applied\n",
            registered_, sent_away_, unplaced_, arrived_, strayed_, hung_up_, deaths_, lost_calls_, joins_, drains_,
            partitions_, outages_, losses_, worst_ * 100, samples_, applied_);
    }

  private:
    enum class kind { connect, end, hang_up };
    struct event {
        time_point at;
        kind what;
        uuid id;
        bool operator>(const event& o) const { return at > o.at; }
    };
    struct known {
        std::string answered; // where it was answered to connect
        node_id on;           // where it is in progress
        bool has_arrived = false;
        bool asked_to_end = false;
        unsigned tries = 0;
    };

    bool roll(unsigned in) { return dice_() % in == 0; }
    template <class D>
    auto up_to(D most) {
        return std::chrono::microseconds(static_cast<long>(dice_()) % std::chrono::microseconds(most).count());
    }

    void start_node(const std::string& name) {
        const auto id = make_node_id(name, static_cast<unsigned>(dice_()));
        auto p = std::make_unique<process>(id, name + ":9092");
        p->joined = now_;
        p->reconnects = now_;
        nodes_[id] = std::move(p);
        calm_ = now_ + size_.time / 4;
    }

    process* random_node() {
        if (nodes_.empty()) return nullptr;
        auto which = nodes_.begin();
        std::advance(which, dice_() % nodes_.size());
        return which->second.get();
    }

    // --- The dialplan ---

    void register_call() {
        uuid id;
        for (auto& byte : id.bytes)
            byte = static_cast<std::byte>(dice_());
        ++registered_;
        calls_[id] = {};
        try_to_register(id);
    }

    void try_to_register(const uuid& id) {
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

    void answered(const uuid& id, const std::string& connect) {
        known& c = calls_.at(id);
        EXPECT_TRUE(c.answered.empty()) << "answered twice";
        c.answered = connect;
        events_.push({now_ + 1ms + up_to(roll(10) ? 20'000ms : 50ms), kind::connect, id});
    }

    void connect(const uuid& id) {
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

    double mean_ms() const { return static_cast<double>(std::chrono::milliseconds(size_.time).count()) / 4; }

    void end(const uuid& id) {
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

    void forget(const uuid& id) {
        calls_.erase(id);
        born_with_.erase(id);
    }

    void hang_up(const uuid& id) {
        const auto found = calls_.find(id);
        if (found == calls_.end()) return;
        process* p = random_node();
        if (p->own->id() == found->second.on) return;
        if (!p->own->end_elsewhere(id, false, now_).empty()) found->second.asked_to_end = true;
        drive(*p);
    }

    // --- The processes ---

    void report_facts(process& p) {
        node_facts f;
        f.state = state_of(p.draining, p.calls.size(), calls_max_);
        f.calls = p.calls.size();
        f.calls_max = calls_max_;
        p.own->report(f, now_);
    }

    void drive(process& p) {
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

    void connect_to_hub(process& p) {
        p.connected = true;
        p.inbox.clear();
        p.outbox.clear();
        p.own->connected(ttl, now_);
        for (const auto& [key, entry] : bucket_)
            p.own->apply({key, entry.first, entry.second}, now_);
        p.own->snapshot_complete(now_);
        drive(p);
    }

    void disconnect(process& p) {
        p.connected = false;
        p.inbox.clear();
        p.outbox.clear();
        p.reconnects = now_ + 100ms + up_to(1s);
        p.own->lost(now_);
        drive(p);
    }

    // --- The directory ---

    void store(const member::write& w) {
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

    void advance() {
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

    void tick() {
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
            nodes_.erase(id);
            start_node(std::string(name_of(id)));
        }
        if (now_ > calm_ && registered_ < size_.calls) sample();
    }

    void sample() {
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

    // --- What goes wrong ---

    void disturb() {
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

    void kill(process& p) {
        if (nodes_.size() < size_.nodes / 2) return;
        ++deaths_;
        const node_id id = p.own->id();
        for (const auto& call : p.calls) {
            forget(call);
            ++lost_calls_;
        }
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

    void drain(process& p) {
        if (p.draining) return;
        ++drains_;
        p.draining = true;
        report_facts(p);
        drive(p);
        // Calls that were sent here and have not connected are lost for their dialplans, as with any stop.
        for (const auto& call : p.calls)
            if (roll(2)) events_.push({now_ + up_to(20s), kind::end, call});
    }

    void partition(process& p, std::chrono::seconds most) {
        if (p.partitioned) return;
        ++partitions_;
        p.partitioned = true;
        ends_.emplace_back(now_ + up_to(most), p.own->id());
        if (p.connected) disconnect(p);
        calm_ = std::max(calm_, now_ + size_.time / 4);
    }

    void end_partitions() {
        std::erase_if(ends_, [this](const auto& e) {
            if (e.first > now_) return false;
            if (const auto found = nodes_.find(e.second); found != nodes_.end()) found->second->partitioned = false;
            return true;
        });
    }

    void hub_goes(bool loses) {
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

    void hub_returns() { hub_away_ = false; }

    void heal() {
        hub_returns();
        delay_ = 2ms;
        for (auto& [id, p] : nodes_)
            p->partitioned = false;
    }

    void run_for(std::chrono::seconds time) {
        for (auto until = now_ + time; now_ < until;)
            advance();
    }

    // After all is well again, each node knows each call of each node, and no others.
    void check_views() {
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

    std::mt19937 dice_;
    std::uniform_real_distribution<double> unit{0, 1};
    size_of_run size_;
    std::size_t calls_max_ = 0;
    time_point now_{1000h};
    long ticks_ = 0;
    std::map<node_id, std::unique_ptr<process>> nodes_;
    std::map<std::string, std::pair<std::optional<std::string>, std::uint64_t>> bucket_;
    std::uint64_t revision_ = 0;
    bool hub_away_ = false;
    std::chrono::milliseconds delay_{2};
    std::vector<std::pair<time_point, node_id>> ends_; // of partitions
    std::unordered_map<uuid, known> calls_;
    std::unordered_map<uuid, node_id> born_with_; // which node was the last to get the context
    std::unordered_map<uuid, node_id> asked_;     // announcements without an answer
    std::priority_queue<event, std::vector<event>, std::greater<>> events_;
    time_point calm_{}; // the load is even some time after the last change

    std::size_t registered_ = 0, sent_away_ = 0, unplaced_ = 0, arrived_ = 0, strayed_ = 0, hung_up_ = 0, deaths_ = 0,
                lost_calls_ = 0, joins_ = 0, drains_ = 0, partitions_ = 0, outages_ = 0, losses_ = 0, samples_ = 0,
                applied_ = 0;
    double worst_ = 0;
};

} // namespace audiosocket::test
