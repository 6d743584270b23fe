// SPDX-License-Identifier: Apache-2.0
#include "net/pending_connections.hpp"

#include <audiosocket/protocol/encoder.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <functional>
#include <vector>

// Uses socket pairs, so no network. The deadlines are in real time, but no result depends on how late they are.

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using state = handshake::state;

constexpr host_key host_of(std::uint8_t last) {
    host_key key{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2}; // an IPv4 address
    key.back() = last;
    return key;
}

class pending : public testing::Test, public pending_connections::owner {
  protected:
    struct outcome {
        std::uint8_t host;
        state now;
        error_code error;
    };

    std::shared_ptr<void> keep_alive() override { return alive; }

    bool named(pending_connection& c) override {
        if (refused_host) return false;
        c.host = host_of(9);
        return true;
    }

    void settled(pending_connection& c, state now) override {
        outcomes.push_back({c.host.back(), now, c.line.end().error});
        left = c.line.socket().available();
        if (then) then();
    }

    // Adds a connection and returns the socket of its peer.
    file_descriptor add(std::uint8_t host, std::chrono::milliseconds id_timeout = 1h, bool behind_proxy = false) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        tcp_socket socket(io.get_executor());
        socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
        call_options options;
        options.id_timeout = id_timeout;
        session rules(role::server, options, clock::now());
        connections.add({{std::move(socket), std::move(rules), behind_proxy}, host_of(host)}, host_of(host));
        return file_descriptor(ends[1]);
    }

    static void send(const file_descriptor& peer, std::span<const std::byte> what) {
        EXPECT_EQ(::send(peer.get(), what.data(), what.size(), MSG_NOSIGNAL), std::ssize(what));
    }

    void run_until_settled(std::size_t count) {
        while (outcomes.size() < count && io.run_one() > 0) {
        }
        ASSERT_EQ(outcomes.size(), count);
    }

    boost::asio::io_context io{1};
    std::shared_ptr<int> alive = std::make_shared<int>();
    std::vector<outcome> outcomes;
    std::function<void()> then;
    std::size_t left = 0;      // unread bytes of the connection that was settled last
    bool refused_host = false; // the peer that a proxy names
    pending_connections connections{io.get_executor(), *this};
};

} // namespace

TEST_F(pending, id_in_two_pieces_settles_its_connection_and_no_other) {
    const auto silent = add(1);
    const auto peer = add(2);
    const auto id = id_message(uuid::random()).to_bytes();
    send(peer, std::span(id).first(7));
    io.poll();
    EXPECT_TRUE(outcomes.empty());
    send(peer, std::span(id).subspan(7));
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].host, 2);
    EXPECT_EQ(outcomes[0].now, state::up);
    EXPECT_EQ(connections.size(), 1U);
}

TEST_F(pending, peer_that_closes_settles_its_connection) {
    auto peer = add(1);
    peer.close();
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].now, state::over);
    EXPECT_TRUE(connections.empty());
}

TEST_F(pending, late_one_ends_and_the_others_stay) {
    const auto patient = add(1);
    const auto late = add(2, 10ms); // the timer is moved forward for it
    const auto other = add(3);
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].host, 2);
    EXPECT_EQ(outcomes[0].now, state::over);
    EXPECT_EQ(outcomes[0].error, protocol_errc::id_timeout);
    EXPECT_EQ(connections.size(), 2U);
}

TEST_F(pending, oldest_of_the_host_that_has_most_is_evicted_for_the_reason_that_is_given) {
    const auto lone = add(1);
    const auto first = add(2, 30min);
    const auto second = add(2, 20min); // its deadline comes first, though it is not the oldest
    for (int i = 0; i < 3; ++i)
        connections.evict(boost::asio::error::operation_aborted);
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_EQ(outcomes[0].host, 2);
    EXPECT_EQ(outcomes[1].host, 1); // one each now: the oldest
    EXPECT_EQ(outcomes[2].host, 2);
    EXPECT_EQ(outcomes[0].error, error_code(io_error(boost::asio::error::operation_aborted)));
    EXPECT_TRUE(connections.empty());
}

TEST_F(pending, host_that_floods_ends_only_its_own) {
    const auto caller = add(1);
    std::vector<file_descriptor> flood;
    for (int i = 0; i < 200; ++i) {
        while (connections.size() >= 10)
            connections.evict(make_error_code(protocol_errc::id_timeout));
        flood.push_back(add(2));
    }
    for (const auto& o : outcomes)
        EXPECT_EQ(o.host, 2);
    send(caller, id_message(uuid::random()).to_bytes());
    outcomes.clear();
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].host, 1);
    EXPECT_EQ(outcomes[0].now, state::up);
}

// Connections that settle in other ways leave the order as well.
TEST_F(pending, connection_that_is_settled_counts_for_its_host_no_more) {
    auto gone = add(1);
    const auto stays = add(1);
    const auto older = add(2);
    const auto newer = add(2);
    gone.close();
    run_until_settled(1);
    connections.evict(make_error_code(protocol_errc::id_timeout));
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(outcomes[1].host, 2);
}

TEST_F(pending, end_of_all_includes_those_that_are_added_meanwhile) {
    const auto first = add(1);
    const auto second = add(2);
    file_descriptor third;
    then = [&] {
        if (!third) third = add(3);
    };
    connections.end_all(boost::asio::error::operation_aborted);
    EXPECT_EQ(outcomes.size(), 3U);
    EXPECT_TRUE(connections.empty());
}

TEST_F(pending, owner_may_end_all_while_one_is_being_settled) {
    const auto first = add(1, 10ms);
    const auto second = add(2, 10ms);
    const auto third = add(3);
    then = [&] { connections.end_all(boost::asio::error::operation_aborted); };
    run_until_settled(3);
    EXPECT_TRUE(connections.empty());
}

TEST_F(pending, connection_behind_a_proxy_counts_for_the_peer_that_the_header_names) {
    const auto relayed = add(1, 1h, true);
    const auto other = add(1, 1h, true);
    const auto third = add(2);
    const std::string_view header = "PROXY TCP4 192.0.2.9 192.0.2.1 40000 9092\r\n";
    for (const char c : header)
        send(relayed, std::as_bytes(std::span(&c, 1))), io.poll();
    EXPECT_TRUE(outcomes.empty());
    connections.evict(boost::asio::error::operation_aborted); // one of each host: the oldest
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(outcomes[0].host, 9);
    EXPECT_EQ(connections.size(), 2U);
}

TEST_F(pending, id_that_arrives_with_the_header_of_a_proxy_settles_at_once) {
    const auto relayed = add(1, 1h, true);
    const auto id = id_message(uuid::random()).to_bytes();
    const std::string_view header = "PROXY TCP4 192.0.2.9 192.0.2.1 40000 9092\r\n";
    std::vector<std::byte> both(std::as_bytes(std::span(header)).begin(), std::as_bytes(std::span(header)).end());
    both.insert(both.end(), id.begin(), id.end());
    both.resize(both.size() + 100); // audio, which belongs to the call
    send(relayed, both);
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].now, state::up);
    EXPECT_EQ(outcomes[0].host, 9);
    EXPECT_EQ(left, 100U);
}

TEST_F(pending, peer_that_a_proxy_names_and_the_owner_refuses_is_settled_once) {
    refused_host = true;
    const auto relayed = add(1, 1h, true);
    send(relayed, std::as_bytes(std::span(std::string_view("PROXY TCP4 192.0.2.9 192.0.2.1 40000 9092\r\n"))));
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].now, state::refused);
    EXPECT_EQ(outcomes[0].host, 1);
    EXPECT_TRUE(connections.empty());
}

TEST_F(pending, connection_behind_a_proxy_without_a_header_is_refused) {
    const auto relayed = add(1, 1h, true);
    send(relayed, id_message(uuid::random()).to_bytes());
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].now, state::refused);
}

TEST_F(pending, header_of_a_proxy_that_does_not_end_is_late_as_an_id_is) {
    const auto relayed = add(1, 10ms, true);
    send(relayed, std::as_bytes(std::span(std::string_view("PROXY TCP4 "))));
    run_until_settled(1);
    EXPECT_EQ(outcomes[0].now, state::over);
    EXPECT_EQ(outcomes[0].error, protocol_errc::id_timeout);
}

TEST_F(pending, owner_is_kept_while_something_is_waited_for_and_not_longer) {
    const auto peer = add(1);
    EXPECT_GT(alive.use_count(), 1);
    then = [&] { connections.stop_timer(); };
    send(peer, id_message(uuid::random()).to_bytes());
    io.run(); // ends, although the id had an hour
    EXPECT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(alive.use_count(), 1);
}
