// SPDX-License-Identifier: Apache-2.0
#include "hand_over_test.hpp"
#include "support/manager_socket.hpp"

#include <boost/asio/ip/udp.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// A server that a service manager runs.
class serve_as_a_service : public hand_over_test {
  protected:
    static std::vector<std::string> notifying(const manager_socket& manager, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"/usr/bin/env", "NOTIFY_SOCKET=" + manager.name()});
        return more;
    }

    // Sends a packet or connects, so that systemd's tool starts the server.
    void knock(bool with_a_datagram) const {
        boost::asio::io_context io;
        const auto at = endpoint();
        if (with_a_datagram)
            boost::asio::ip::udp::socket(io, boost::asio::ip::udp::v4())
                .send_to(boost::asio::buffer("x", 1), {at.address(), at.port()});
        else
            raw_peer{at};
    }

    // A port that was free a moment ago, for tests that must pass a port.
    static std::string free_port() {
        boost::asio::io_context io;
        boost::asio::ip::tcp::acceptor a(io, {boost::asio::ip::address_v4::loopback(), 0});
        return std::to_string(a.local_endpoint().port());
    }

    static constexpr const char* activate = "/usr/bin/systemd-socket-activate";

    // Starts the server through systemd's own tool, with the first connection to each of these ports.
    void activated(const std::string& port, std::vector<std::string> options) {
        options.insert(options.begin(), {activate, "--listen=127.0.0.1:" + port});
        server = std::make_unique<process>(std::move(options));
        ASSERT_TRUE(server->wait_for_errors("Listening on")) << server->err;
        where = "127.0.0.1:" + port;
    }
};

} // namespace

TEST_F(serve_as_a_service, manager_is_notified_when_it_is_ready_and_when_it_stops) {
    manager_socket manager((folder / "notify").string());
    serve({}, notifying(manager));
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=answering calls on " + where);
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    server->signal(SIGTERM);
    EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=stopping (SIGTERM), 1 calls in progress");
    up.finish();
    EXPECT_EQ(server->wait(), 0);
}

TEST_F(serve_as_a_service, manager_without_a_file_is_notified_as_well) {
    manager_socket manager("@audiosocket-test-" + std::to_string(getpid()));
    serve({}, notifying(manager));
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=answering calls on " + where);
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_as_a_service, manager_that_is_not_there_is_a_warning_and_no_more) {
    serve({}, {"/usr/bin/env", "NOTIFY_SOCKET=" + (folder / "nothing").string()});
    EXPECT_TRUE(server->wait_for_errors("cannot notify the service manager")) << server->err;
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_as_a_service, watchdog_is_notified_again_and_again_by_all_threads) {
    manager_socket manager((folder / "notify").string());
    serve({"--shards", "2"}, notifying(manager, {"WATCHDOG_USEC=200000"}));
    EXPECT_TRUE(manager.next()->starts_with("READY=1"));
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(manager.next(), "WATCHDOG=1");
    EXPECT_EQ(stop(), 0);
}

// If systemd believed that a process was stopping, it would kill the process with its successor.
TEST_F(serve_as_a_service, successor_becomes_the_main_process_and_the_old_one_says_nothing_more) {
    manager_socket manager((folder / "notify").string());
    serve({}, notifying(manager, {"WATCHDOG_USEC=200000"}));
    EXPECT_EQ(manager.next_with("READY=1").find("MAINPID"), std::string::npos);
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    hand_over();
    const auto successor = std::to_string(processes().back());
    EXPECT_TRUE(manager.next_with("READY=1").starts_with("MAINPID=" + successor + "\nREADY=1\n"));
    EXPECT_EQ(manager.next_with("WATCHDOG=1"), "WATCHDOG=1"); // the successor's
    up.finish();
    ASSERT_TRUE(server->wait_for_output("\"ended\"")) << server->out;
    kill(processes().back(), SIGTERM);
    for (auto text = manager.next(); text && !text->starts_with("STOPPING=1"); text = manager.next())
        EXPECT_EQ(*text, "WATCHDOG=1");
    EXPECT_EQ(server->wait(), 0);
}

TEST_F(serve_as_a_service, socket_activation_gives_it_the_port_and_the_first_connection) {
    if (!std::filesystem::exists(activate))
        GTEST_SKIP() << skipped(std::string(activate) + " is missing (package systemd)");
    activated(free_port(), command({"serve", "--listen", "127.0.0.1:1", "--json"})); // a forbidden port
    raw_peer first = raw_caller();
    EXPECT_FALSE(first.receive_bytes(323).empty());
    ASSERT_TRUE(server->wait_for_output("\"started\"")) << server->err;
    EXPECT_NE(server->out.find("\"address\":\"" + where + "\""), std::string::npos) << server->out;
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);

    hand_over(); // the same convention
    first.finish();
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    stop_last();
}

TEST_F(serve_as_a_service, activated_socket_that_the_settings_do_not_want_is_closed_and_reported) {
    if (!std::filesystem::exists(activate))
        GTEST_SKIP() << skipped(std::string(activate) + " is missing (package systemd)");
    const auto admin = free_port();
    activated(free_port(), {"--listen=127.0.0.1:" + admin, "--fdname=audiosocket:admin", AUDIOSOCKET_COMMAND, "serve"});
    knock(false);
    EXPECT_TRUE(server->wait_for_errors("a socket named admin was inherited, but there is no --admin")) << server->err;
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    where = "127.0.0.1:" + admin;
    EXPECT_THROW(raw_peer{endpoint()}, boost::system::system_error); // refused
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_as_a_service, sockets_that_are_meant_for_another_process_are_not_taken) {
    serve({}, {"/usr/bin/env", "LISTEN_FDS=1", "LISTEN_PID=1"});
    EXPECT_EQ(call({"--duration", "0.1"}).code, 0);
    EXPECT_EQ(stop(), 0);
    serve({}, {"/usr/bin/env", "LISTEN_FDS=1", "HANDED_OVER_BY=1"});
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_as_a_service, inherited_sockets_that_it_cannot_use_are_reported_by_name) {
    if (!std::filesystem::exists(activate))
        GTEST_SKIP() << skipped(std::string(activate) + " is missing (package systemd)");
    const auto why = [&](std::vector<std::string> how) {
        const auto port = free_port();
        how.push_back("--listen=127.0.0.1:" + free_port());
        how.insert(how.end(), {AUDIOSOCKET_COMMAND, "serve"});
        activated(port, {how.begin(), how.end()});
        knock(how.front() == "--datagram");
        EXPECT_EQ(server->wait(), 3) << server->err;
        return server->err;
    };
    EXPECT_NE(why({"--fdname=audiosocket:web"}).find("is named \"web\"; expected audiosocket, admin or agent-check"),
              std::string::npos);
    EXPECT_NE(why({"--fdname=audiosocket:audiosocket"}).find("two of them are named audiosocket"), std::string::npos);
    EXPECT_NE(why({"--datagram", "--fdname=audiosocket:admin"}).find("is not a listening TCP socket"),
              std::string::npos);
}
