// SPDX-License-Identifier: Apache-2.0
// What load balancers read of a server (--agent-check), and how it announces its end.
#include "admin_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_agent_check : public admin_test {
  protected:
    void start_with_agent(std::vector<std::string> options = {}) {
        options.insert(options.end(), {"--agent-check", "127.0.0.1:0"});
        start(std::move(options));
        ASSERT_TRUE(server->wait_for_output_times(3, "\n")) << server->err;
        const auto begin = server->out.find(R"({"event":"agent_check")");
        ASSERT_NE(begin, std::string::npos) << server->out;
        const auto line = server->out.substr(begin, server->out.find('\n', begin) - begin);
        agent = {boost::asio::ip::make_address("127.0.0.1"),
                 boost::json::parse(line).at("port").to_number<std::uint16_t>()};
    }

    std::string answer() const {
        raw_peer peer(agent);
        const auto all = peer.receive_all().all;
        return {reinterpret_cast<const char*>(all.data()), all.size()};
    }

    raw_peer::tcp::endpoint agent;
};

} // namespace

TEST_F(serve_agent_check, weight_falls_to_nothing_with_the_last_free_call) {
    start_with_agent({"--max-calls", "1"});
    EXPECT_EQ(answer().substr(0, 9), "up ready "); // the weight depends on the load of this machine
    EXPECT_NE(answer(), "up ready 0%\n");
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    EXPECT_EQ(answer(), "up ready 0%\n");
    up.reset();
    ASSERT_TRUE(server->wait_for_output("\"ended\""));
    EXPECT_TRUE(eventually([&] { return answer() != "up ready 0%\n"; }));
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_agent_check, end_is_announced_while_calls_are_still_accepted) {
    start_with_agent({"--drain-notice", "3000", "--tone", "440"});
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"({"event":"announcing_drain","reason":"SIGTERM","seconds":3000)"))
        << server->out;
    EXPECT_EQ(answer(), "drain\n");
    const auto ready = get("/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_NE(ready.body.find("stopping soon"), std::string::npos) << ready.body;
    EXPECT_EQ(get("/metrics").metric("audiosocket_ready"), 0);
    EXPECT_EQ(get("/metrics").metric("audiosocket_stopping"), 0);
    raw_peer late = raw_caller();
    EXPECT_EQ(late.receive_bytes(323).size(), 323U);
    server->signal(SIGTERM); // the second one hangs up
    late.receive_all();
    late.finish();
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_agent_check, port_closes_after_the_notice) {
    start_with_agent({"--drain-notice", "0.2"});
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), 0) << server->err;
    const auto announced = server->out.find("announcing_drain");
    EXPECT_NE(announced, std::string::npos);
    EXPECT_LT(announced, server->out.find(R"("event":"stopping")")) << server->out;
}

TEST_F(serve_agent_check, end_without_notice_is_at_once) {
    start_with_agent({"--drain-notice", "0"});
    EXPECT_EQ(stop(), 0);
    EXPECT_EQ(server->out.find("announcing_drain"), std::string::npos);
}

TEST_F(serve_agent_check, options_without_sense_are_refused) {
    const auto alone = run({"serve", "--drain-notice", "3"});
    EXPECT_EQ(alone.code, 2);
    EXPECT_NE(alone.err.find("--drain-notice: only together with --agent-check or --directory"), std::string::npos)
        << alone.err;
    const auto no_port = run({"serve", "--agent-check", "127.0.0.1"});
    EXPECT_EQ(no_port.code, 2);
    EXPECT_NE(no_port.err.find("--agent-check: \"127.0.0.1\": the port is missing"), std::string::npos) << no_port.err;
    start_with_agent();
    const auto taken = run({"serve", "--listen", "127.0.0.1:0", "--agent-check", where});
    EXPECT_EQ(taken.code, 3);
    EXPECT_NE(taken.err.find("(--agent-check)"), std::string::npos) << taken.err;
}
