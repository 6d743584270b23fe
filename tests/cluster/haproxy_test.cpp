// SPDX-License-Identifier: Apache-2.0
// A real HAProxy in front of three nodes (docs/scale.md).
#include "cluster/cluster_test.hpp"
#include "support/busy_machine.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class behind_haproxy : public cluster_test {
  protected:
    // Nodes that answer announced calls only. Their back end does not exist, so a call ends soon.
    void start_gateways() {
        start_nodes("gateway", {"--dialect", "pcm", "--backend", "ws://127.0.0.1:1/", "--require-context"});
        balance();
    }

    // Announces this many calls, then places them. Returns how many calls found their announcement at their node.
    std::size_t meet(std::size_t count) {
        const auto taken = [this] {
            std::size_t all = 0;
            for (const auto& n : nodes)
                if (n.running) all += static_cast<std::size_t>(n.metric("audiosocket_contexts_taken_total"));
            return all;
        };
        const auto arrived = [this, &taken] {
            std::size_t all = taken();
            for (const auto& n : nodes)
                if (n.running) all += static_cast<std::size_t>(n.metric("audiosocket_contexts_missed_total"));
            return all;
        };
        const auto taken_before = taken();
        const auto arrived_before = arrived();
        std::vector<uuid> ids(count);
        for (auto& id : ids) {
            id = uuid::random();
            const auto answer = announce(id);
            EXPECT_EQ(answer.status, 200) << answer.body;
        }
        for (const auto& id : ids) {
            auto peer = call_through(id);
            peer.finish();
        }
        EXPECT_TRUE(comes_true([&] { return arrived() - arrived_before == count; }));
        return taken() - taken_before;
    }

    // Calls in progress through HAProxy.
    std::vector<raw_peer> place(std::size_t count) {
        const auto up = [this] {
            std::size_t all = 0;
            for (const auto& n : nodes)
                if (n.running) all += n.calls_up();
            return all;
        };
        const auto before = up();
        std::vector<raw_peer> calls;
        for (std::size_t n = 0; n < count; ++n)
            calls.push_back(call_through(uuid::random()));
        EXPECT_TRUE(comes_true([&] { return up() == before + count; }));
        return calls;
    }

    // Calls in progress, some of them at this node. HAProxy gives a node few calls while only this node has reported
    // the load of the machine.
    std::vector<raw_peer> place_some_at(const node_process& one) {
        auto calls = place(30);
        for (int more = 0; more < 20 && one.calls_up() == 0; ++more)
            std::ranges::move(place(30), std::back_inserter(calls));
        EXPECT_GT(one.calls_up(), 0U);
        return calls;
    }

    // Whether audio still arrives: three frames more.
    static bool is_in_progress(raw_peer& call) { return call.receive_bytes(3 * 323).size() == 3 * 323; }

    // `bench` through HAProxy, which measures until stop_bench().
    void start_bench(std::vector<std::string> options) {
        options.insert(options.begin(), {"bench", balanced(), "--json", "--duration", "3600"});
        machine_ = std::make_unique<busy_machine>();
        bench_ = std::make_unique<process>(command(std::move(options)));
    }

    json::object stop_bench() {
        bench_->signal(SIGINT);
        bench_->wait();
        EXPECT_FALSE(bench_->out.empty()) << bench_->err;
        return bench_->out.empty() ? json::object() : json::parse(bench_->out).as_object();
    }

    void expect_nothing_lost(const json::object& report) const {
        const auto expect_none = [&](const char* figure) {
            EXPECT_EQ(report.at(figure).to_number<std::size_t>(), 0U) << figure << " in " << json::serialize(report);
        };
        for (const auto* figure :
             {"calls_failed", "calls_silent", "frames_again", "frames_torn", "samples_foreign", "messages_unlawful"})
            expect_none(figure);
        // On a busy machine, HAProxy may send calls to a node that drains for longer than its notice, and an echo that
        // waited too long is left out.
        in_real_time(*machine_, [&] {
            expect_none("calls_ended_by_server");
            expect_none("frames_lost");
        });
    }

    std::unique_ptr<process> bench_;
    std::unique_ptr<busy_machine> machine_; // while `bench` measures
};

} // namespace

TEST_F(behind_haproxy, each_of_600_calls_meets_its_announcement) {
    start_gateways();
    EXPECT_EQ(meet(600), 600U);
    for (const auto& n : nodes)
        EXPECT_GT(n.metric("audiosocket_contexts_taken_total"), 0) << n.name;
}

TEST_F(behind_haproxy, node_that_drains_gets_announced_calls_only_and_loses_none) {
    start_nodes("gateway",
                {"--dialect", "pcm", "--backend", "ws://127.0.0.1:1/", "--require-context", "--drain-notice", "3000"});
    balance();
    std::vector<uuid> announced(60);
    for (auto& id : announced) {
        id = uuid::random();
        EXPECT_EQ(announce(id).status, 200);
    }
    nodes[1].running->signal(SIGTERM);
    expect_status("nodes/n2", "DRAIN");
    expect_status("announcements/n2", "DRAIN");
    const auto registered = nodes[1].metric("audiosocket_contexts_registered_total");
    EXPECT_GT(registered, 0);
    EXPECT_EQ(meet(60), 60U); // all of them at the other nodes
    EXPECT_EQ(nodes[1].metric("audiosocket_contexts_registered_total"), registered);
    for (const auto& id : announced)
        call_through(id).finish();
    EXPECT_TRUE(comes_true([&] { return nodes[1].metric("audiosocket_contexts_taken_total") == registered; }));
    for (const auto& n : nodes)
        EXPECT_EQ(n.metric("audiosocket_contexts_missed_total"), 0) << n.name;
}

TEST_F(behind_haproxy, calls_of_a_node_that_drains_go_on_and_new_ones_go_elsewhere) {
    start_nodes("serve", {"--tone", "440", "--drain-notice", "3000"});
    balance();
    auto live = place_some_at(nodes[1]);
    nodes[1].running->signal(SIGTERM);
    expect_status("nodes/n2", "DRAIN");
    const auto started = nodes[1].calls_started();
    auto more = place(30);
    EXPECT_EQ(nodes[1].calls_started(), started);
    for (auto* calls : {&live, &more})
        for (auto& one : *calls)
            EXPECT_TRUE(is_in_progress(one));
    nodes[1].running->signal(SIGTERM); // hangs up
    EXPECT_EQ(nodes[1].running->wait(), 0);
    expect_status("nodes/n2", "D"); // DOWN, or DRAIN while the port does not answer
}

TEST_F(behind_haproxy, death_of_a_node_ends_its_calls_only_and_others_meet_again) {
    start_nodes("serve", {"--tone", "440"});
    balance();
    auto live = place_some_at(nodes[1]);
    const auto dying = nodes[1].calls_up();
    nodes[1].running->signal(SIGKILL);
    nodes[1].running->wait();
    nodes[1].running.reset();
    expect_status("nodes/n2", "DOWN");
    const auto others = nodes[0].calls_up() + nodes[2].calls_up();
    EXPECT_EQ(others, live.size() - dying);
    const auto has_ended = [](raw_peer& one) {
        pollfd file{one.native_handle(), POLLRDHUP, 0};
        return ::poll(&file, 1, 0) == 1;
    };
    EXPECT_TRUE(comes_true([&] { return static_cast<std::size_t>(std::ranges::count_if(live, has_ended)) == dying; }));
    for (auto& one : live)
        EXPECT_TRUE(has_ended(one) || is_in_progress(one));
    auto more = place(30); // at the other two
    start(nodes[1]);
    expect_status("nodes/n2", "UP");
    place_some_at(nodes[1]);
}

TEST_F(behind_haproxy, announcements_after_a_death_are_refused_or_meet) {
    start_gateways();
    EXPECT_EQ(meet(30), 30U);
    nodes[1].running->signal(SIGKILL);
    nodes[1].running->wait();
    nodes[1].running.reset();
    for (int n = 0; n < 60; ++n) { // before and after the check has seen it
        const auto status = announce(uuid::random()).status;
        EXPECT_TRUE(status == 200 || status == 503) << status;
    }
    expect_status("nodes/n2", "DOWN");
    expect_status("announcements/n2", "DOWN");
    EXPECT_EQ(meet(60), 60U);
    start(nodes[1]);
    expect_status("announcements/n2", "UP");
    EXPECT_EQ(meet(90), 90U);
    EXPECT_GT(nodes[1].metric("audiosocket_contexts_taken_total"), 0);
}

// Each node stops when its calls have ended, and starts again.
TEST_F(behind_haproxy, rolling_upgrade_by_draining_loses_no_call_and_no_frame) {
    start_nodes("serve", {"--echo", "--drain-notice", "1.5"});
    balance();
    start_bench({"--calls", "200", "--churn", "190", "--call-duration", "1"});
    const auto placed = [this] {
        std::size_t all = 0;
        for (const auto& n : nodes)
            all += n.calls_started();
        return all;
    };
    EXPECT_TRUE(comes_true([&] { return placed() > 200; }));
    for (auto& n : nodes) {
        n.running->signal(SIGTERM);
        expect_status("nodes/" + n.name, "DRAIN");
        EXPECT_EQ(n.running->wait(), 0) << n.running->err;
        start(n);
        expect_status("nodes/" + n.name, "UP");
        EXPECT_TRUE(comes_true([&] { return n.calls_started() > 10; }));
    }
    const auto report = stop_bench();
    expect_nothing_lost(report);
    EXPECT_GT(report.at("calls_placed").to_number<std::size_t>(), 200U);
}

// Each node hands its ports over to a new process; its calls stay with the old one.
TEST_F(behind_haproxy, rolling_upgrade_by_hand_over_loses_no_call_and_no_frame) {
    start_nodes("serve", {"--echo"});
    balance();
    start_bench({"--calls", "60"});
    const auto up = [this] {
        std::size_t all = 0;
        for (const auto& n : nodes)
            all += n.calls_up();
        return all;
    };
    EXPECT_TRUE(comes_true([&] { return up() == 60; }));
    for (auto& n : nodes) {
        n.running->signal(SIGUSR2);
        EXPECT_TRUE(n.running->wait_for_output_times(2, R"("event":"agent_check")")) << n.running->err; // the successor
        EXPECT_TRUE(comes_true([&] { return n.calls_up() == 0; })); // of the successor
        expect_status("nodes/" + n.name, "UP");
        raw_peer agent(n.agent);
        const auto answer = agent.receive_all();
        EXPECT_NE(std::string(reinterpret_cast<const char*>(answer.all.data()), answer.all.size()).find("up ready"),
                  std::string::npos);
    }
    auto more = place(30);
    const auto report = stop_bench();
    expect_nothing_lost(report);
    EXPECT_EQ(report.at("calls_ended_by_server").to_number<std::size_t>(), 0U); // on any machine: no notice has an end
}

TEST_F(behind_haproxy, nodes_see_the_real_peers) {
    start_nodes("serve", {"--tone", "440", "--proxy-protocol", "127.0.0.1", "--max-calls-per-host", "1"});
    balance({"--proxy-protocol"});
    std::vector<raw_peer> calls;
    for (int n = 2; n < 32; ++n) {
        calls.emplace_back(balanced_calls, "127.0.0." + std::to_string(n));
        calls.back().send(id_message(uuid::random()).to_bytes());
    }
    std::set<std::string> seen;
    EXPECT_TRUE(comes_true([&] {
        for (const auto& n : nodes) {
            const auto list = ask(n.admin, "GET /calls?limit=100").json();
            for (const auto& one : list.at("calls").as_array()) {
                const std::string peer = one.at("peer").as_string().c_str();
                seen.insert(peer.substr(0, peer.rfind(':')));
            }
        }
        return seen.size() == calls.size();
    }));
    EXPECT_TRUE(seen.contains("127.0.0.31"));
    EXPECT_FALSE(seen.contains("127.0.0.1"));
    for (const auto& n : nodes)
        EXPECT_EQ(n.metric(R"(audiosocket_connections_refused_total{reason="proxy_header"})"),
                  0); // the checks included
}

TEST_F(behind_haproxy, every_configuration_is_valid) {
    const std::vector<std::string> bare{"cluster",           "haproxy", "--node",
                                        "n1=127.0.0.1:9092", "-o",      (folder / "x.cfg").string()};
    const std::vector<std::vector<std::string>> more{
        {},
        {"--node", "n2=[::1]:9092", "--proxy-protocol", "--listen", "[::]:9092"},
        {"--node", "n2=127.0.0.2:9092,agent=[::1]:9094", "--metrics", "127.0.0.1:8404"},
        {"--max-calls", "100000", "--check-interval", "0.1"},
    };
    const auto expect_valid = [this](std::vector<std::string> line) {
        const auto made = run(std::move(line));
        ASSERT_EQ(made.code, 0) << made.err;
        process check({"/usr/sbin/haproxy", "-c", "-L", "lb1", "-f", (folder / "x.cfg").string()});
        EXPECT_EQ(check.wait(), 0) << check.err << check.out;
        EXPECT_EQ(check.err.find("WARNING"), std::string::npos) << check.err;
    };
    for (const auto& options : more) {
        auto line = bare;
        line.insert(line.end(), options.begin(), options.end());
        expect_valid(std::move(line));
    }
    expect_valid({"cluster", "haproxy", "--node", "n1=127.0.0.1:9092,admin=127.0.0.1:9093,agent=127.0.0.1:9094",
                  "--node", "n2=127.0.0.2:9092,admin=127.0.0.2:9093", "--peer", "lb1=127.0.0.1:10000", "--peer",
                  "lb2=127.0.0.2:10000", "-o", (folder / "x.cfg").string()});
}
