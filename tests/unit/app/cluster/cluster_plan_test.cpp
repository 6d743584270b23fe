// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_plan.hpp"

#include "base/failure.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::cluster {
namespace {

template <class Action>
std::string complaint(Action action) {
    try {
        action();
    } catch (const failure& e) {
        EXPECT_EQ(e.code(), exit_code::usage);
        return e.what();
    }
    ADD_FAILURE() << "it was accepted";
    return "";
}

std::string complaint_about(const std::string& text) {
    return complaint([&] { read_node(text); });
}

std::string complaint_about_nodes(const std::vector<std::string>& texts) {
    std::vector<node> nodes;
    for (const auto& t : texts)
        nodes.push_back(read_node(t));
    return complaint([&] { check_nodes(nodes); });
}

void expect_part(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

} // namespace

TEST(cluster_plan, node_has_a_name_and_up_to_three_addresses) {
    const auto n = read_node("n-1.a=10.0.0.1:9092,agent=[2001:db8::1]:9094,admin=node.example:9093");
    EXPECT_EQ(n.name, "n-1.a");
    EXPECT_EQ(to_string(n.calls), "10.0.0.1:9092");
    ASSERT_TRUE(n.admin && n.agent);
    EXPECT_EQ(to_string(*n.admin), "node.example:9093");
    EXPECT_EQ(to_string(*n.agent), "[2001:db8::1]:9094");
    const auto bare = read_node("n1=10.0.0.1");
    EXPECT_EQ(bare.calls.port, 9092);
    EXPECT_FALSE(bare.admin || bare.agent);
}

TEST(cluster_plan, node_with_a_mistake_is_refused_with_the_reason) {
    expect_part(complaint_about("10.0.0.1:9092"), "expected NAME=HOST:PORT, as in n1=");
    expect_part(complaint_about(""), "expected NAME=HOST:PORT");
    expect_part(complaint_about("=10.0.0.1:9092"), "a name has 1 to 32 letters");
    expect_part(complaint_about("a b=10.0.0.1:9092"), "a name has 1 to 32 letters");
    expect_part(complaint_about("n1=10.0.0.1:90920"), "expected HOST:PORT");
    expect_part(complaint_about("n1=10.0.0.1:0"), "no server has port 0");
    expect_part(complaint_about("n1=ho st:9092"), "expected HOST:PORT");
    expect_part(complaint_about("n1=x\nserver:9092"), "expected HOST:PORT");
    expect_part(complaint_about("n1=10.0.0.1:9092,web=10.0.0.1:80"), "web is not known; known are admin= and agent=");
    expect_part(complaint_about("n1=10.0.0.1:9092,admin=10.0.0.1"), "admin= needs HOST:PORT");
    expect_part(complaint_about("n1=10.0.0.1:9092,agent=a:1,agent=b:1"), "agent= is given twice");
    expect_part(complaint_about("n1=10.0.0.1:9092,"), "it ends with a comma");
}

TEST(cluster_plan, nodes_that_do_not_fit_together_are_refused) {
    expect_part(complaint_about_nodes({}), "no node is given");
    expect_part(complaint_about_nodes({"n1=10.0.0.1", "n1=10.0.0.2"}), "n1 is given twice");
    expect_part(complaint_about_nodes({"n1=10.0.0.1", "n2=10.0.0.1:9092"}),
                "n1 and n2 have the same address 10.0.0.1:9092");
    expect_part(complaint_about_nodes({"n1=10.0.0.1:1,admin=10.0.0.1:1"}), "n1 and n1 have the same address");
    expect_part(complaint_about_nodes({"n1=10.0.0.1,admin=10.0.0.1:9093", "n2=10.0.0.2"}),
                "n1 has admin= and n2 has not");
}

TEST(cluster_plan, peer_is_a_name_and_an_address) {
    EXPECT_EQ(to_string(read_peer("lb2=10.0.0.9:10000").where), "10.0.0.9:10000");
    expect_part(complaint([] { read_peer("10.0.0.9:10000"); }), "expected NAME=HOST:PORT");
}

} // namespace audiosocket::app::cluster
