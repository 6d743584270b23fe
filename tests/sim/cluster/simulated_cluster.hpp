// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/cluster/simulated_node.hpp"

#include <map>
#include <queue>
#include <random>
#include <unordered_map>

namespace audiosocket::test {

/// A cluster on a virtual clock: nodes, their dialplans, and a directory with delays, partitions and losses.
class simulated_cluster {
  public:
    simulated_cluster(unsigned seed, size_of_run size);
    void run();
    void report() const;

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

    void start_node(const std::string& name);
    process* random_node();

    // --- The dialplan ---

    void register_call();
    void try_to_register(const uuid& id);
    void answered(const uuid& id, const std::string& connect);
    void connect(const uuid& id);
    double mean_ms() const { return static_cast<double>(std::chrono::milliseconds(size_.time).count()) / 4; }
    void end(const uuid& id);
    void forget(const uuid& id);
    void hang_up(const uuid& id);

    // --- The processes ---

    void report_facts(process& p);
    void drive(process& p);
    void connect_to_hub(process& p);
    void disconnect(process& p);

    // --- The directory ---

    void store(const member::write& w);
    void advance();
    void tick();
    void sample();
    void run_for(std::chrono::seconds time);
    void check_views();

    // --- What goes wrong ---

    void disturb();
    void kill(process& p);
    void replace(node_id id);
    void drain(process& p);
    void partition(process& p, std::chrono::seconds most);
    void end_partitions();
    void hub_goes(bool loses);
    void hub_returns() { hub_away_ = false; }
    void heal();

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
