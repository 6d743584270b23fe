// SPDX-License-Identifier: Apache-2.0
#include "cluster/haproxy_configuration.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::cluster {
namespace {

cluster_plan plan_of(const std::vector<std::string>& nodes) {
    cluster_plan plan;
    for (const auto& text : nodes)
        plan.nodes.push_back(read_node(text));
    plan.listen_calls = {"0.0.0.0", 9092};
    plan.listen_http = {"0.0.0.0", 9093};
    plan.stats_socket = "/run/haproxy/admin.sock";
    plan.calls_max = 800;
    plan.check_interval = std::chrono::seconds(2);
    return plan;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

// A node has the same number in both back ends, because the table of announced calls holds numbers.
TEST(haproxy_configuration, node_is_the_same_server_for_calls_and_announcements) {
    const auto text = haproxy_configuration(plan_of({"a=10.0.0.1:9092,admin=10.0.0.1:9093,agent=10.0.0.1:9094",
                                                     "b=10.0.0.2:9092,admin=10.0.0.2:9093,agent=[::1]:9094"}));
    EXPECT_TRUE(
        has(text, "server a 10.0.0.1:9092 id 1 agent-check agent-addr 10.0.0.1 agent-port 9094 agent-inter 2000ms\n"));
    EXPECT_TRUE(has(text, "server a 10.0.0.1:9093 id 1 weight 100 track nodes/a agent-check agent-addr 10.0.0.1"));
    EXPECT_TRUE(has(text, "server b 10.0.0.2:9092 id 2 agent-check agent-addr ::1 agent-port 9094"));
    EXPECT_TRUE(has(text, "server b 10.0.0.2:9093 id 2 weight 100 track nodes/b"));
    EXPECT_TRUE(has(text, "stick match var(sess.key) table announcements\n"));
    EXPECT_TRUE(has(text, "    maxconn 1600\n")); // calls
    EXPECT_TRUE(has(text, "    maxconn 3600\n")); // and all others
    EXPECT_FALSE(has(text, "send-proxy"));
    EXPECT_FALSE(has(text, "peers"));
    EXPECT_FALSE(has(text, "prometheus"));
}

TEST(haproxy_configuration, nodes_without_admin_have_no_part_for_announcements) {
    const auto text = haproxy_configuration(plan_of({"a=10.0.0.1:9092", "b=10.0.0.2:9092"}));
    EXPECT_TRUE(has(text, "server b 10.0.0.2:9092 id 2\n"));
    EXPECT_FALSE(has(text, "announcements"));
    EXPECT_FALSE(has(text, "mode http"));
    EXPECT_FALSE(has(text, "stick"));
}

TEST(haproxy_configuration, options_appear_where_they_belong) {
    auto plan = plan_of({"a=10.0.0.1:9092,admin=10.0.0.1:9093"});
    plan.proxy_protocol = true;
    plan.metrics = address{"127.0.0.1", 8404};
    plan.peers = {read_peer("lb1=10.0.0.8:10000"), read_peer("lb2=10.0.0.9:10000")};
    const auto text = haproxy_configuration(plan);
    EXPECT_TRUE(has(text, "on-marked-down shutdown-sessions weight 100 send-proxy-v2\n"));
    EXPECT_TRUE(has(text, "bind 127.0.0.1:8404\n"));
    EXPECT_TRUE(has(text, "peer lb2 10.0.0.9:10000\n"));
    EXPECT_TRUE(has(text, "expire 1h peers balancers\n"));
}

} // namespace audiosocket::app::cluster
