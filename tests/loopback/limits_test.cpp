// SPDX-License-Identifier: Apache-2.0
#include "net_test.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <numeric>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

// Which peers a listener accepts, and how many.
class limits_on_loopback : public net_test {
  protected:
    raw_peer connect_from(const std::string& address) { return {calls_->local_endpoint(), address}; }

    // A call in progress from this address.
    std::pair<raw_peer, call> answered_from(const std::string& address) {
        raw_peer peer = connect_from(address);
        peer.send(id_bytes());
        return {std::move(peer), accept()};
    }

    static listener_options allowing(std::vector<std::string> networks) {
        listener_options o;
        for (const auto& n : networks)
            o.allow.push_back(network::parse(n));
        return o;
    }

    // A listener on a socket that is already listening.
    std::optional<listener> listener_on(listening_socket socket) {
        boost::asio::io_context* home = &io_.context();
        return std::optional<listener>(std::in_place, io_.context(), std::move(socket), listener_options{},
                                       std::span(&home, 1));
    }
};

} // namespace

TEST_F(limits_on_loopback, address_outside_of_the_networks_is_reset_before_its_id_is_read) {
    listen(allowing({"127.0.0.1", "127.1.0.0/16"}));
    raw_peer stranger = connect_from("127.0.0.2");
    EXPECT_TRUE(stranger.is_reset());
    EXPECT_EQ(counted().refused_network, 1U);
    EXPECT_EQ(counted().refused, 1U);
    EXPECT_EQ(counted().never_started, 0U);
    EXPECT_TRUE(answered_from("127.0.0.1").second);
    EXPECT_TRUE(answered_from("127.1.200.3").second);
}

TEST_F(limits_on_loopback, host_gets_as_many_calls_as_the_limit_says_and_others_get_theirs) {
    listener_options options;
    options.calls_per_host_max = 2;
    listen(options);
    auto first = answered_from("127.0.0.2");
    auto second = answered_from("127.0.0.2");
    EXPECT_TRUE(connect_from("127.0.0.2").is_reset());
    EXPECT_EQ(counted().refused_host, 1U);
    EXPECT_TRUE(answered_from("127.0.0.3").second);

    first.first.finish(); // makes room
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 1; }));
    EXPECT_TRUE(answered_from("127.0.0.2").second);
}

TEST_F(limits_on_loopback, connections_without_an_id_count_for_their_host_until_they_go) {
    listener_options options;
    options.calls_per_host_max = 1;
    listen(options);
    {
        raw_peer silent = connect_from("127.0.0.2");
        ASSERT_TRUE(eventually([&] { return counted().handshakes == 1; }));
        EXPECT_TRUE(connect_from("127.0.0.2").is_reset());
    }
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 0; }));
    EXPECT_TRUE(answered_from("127.0.0.2").second);
}

TEST_F(limits_on_loopback, full_listener_resets_new_connections) {
    listener_options options;
    options.calls_max = 1;
    listen(options);
    auto up = answered();
    EXPECT_TRUE(connect().is_reset());
    EXPECT_EQ(counted().refused_full, 1U);
}

TEST_F(limits_on_loopback, options_change_while_it_runs_and_leave_live_calls_alone) {
    listen();
    auto [peer, c] = answered_from("127.0.0.2");
    calls_->set_options(allowing({"127.0.0.1"}));
    EXPECT_TRUE(connect_from("127.0.0.2").is_reset());
    peer.send(frame(kind::dtmf, raw("5")));
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '5');

    listener_options one;
    one.calls_per_host_max = 1; // the previous call counts
    calls_->set_options(one);
    EXPECT_TRUE(connect_from("127.0.0.2").is_reset());
    EXPECT_TRUE(answered_from("127.0.0.1").second);

    listener_options none;
    none.calls_max = 0;
    EXPECT_THROW(calls_->set_options(none), std::invalid_argument);
    none = {};
    none.allow.assign(listener_options::networks_max + 1, network::parse("10.0.0.0/8"));
    EXPECT_THROW(calls_->set_options(none), std::invalid_argument);
}

TEST_F(limits_on_loopback, refusals_are_reported_the_first_at_once_and_the_others_in_sums) {
    listen(allowing({"127.0.0.1"}));
    std::vector<refusals> reported;
    calls_->on_refused([&](const refusals& r) { reported.push_back(r); });
    const auto reports = [&] { return on_io([&] { return reported.size(); }); };
    const auto begin = std::chrono::steady_clock::now();
    raw_peer first = connect_from("127.0.0.2");
    ASSERT_TRUE(eventually([&] { return reports() == 1; }));
    EXPECT_EQ(reported[0].total(), 1U);
    EXPECT_EQ(reported[0].network, 1U);
    EXPECT_EQ(reported[0].first_peer, first.socket().local_endpoint());
    EXPECT_EQ(reported[0].first_reason, refusal::network);

    for (int i = 0; i < 50; ++i)
        connect_from("127.0.0.3");
    ASSERT_TRUE(eventually([&] { return counted().refused == 51; }));
    const auto sum = [&] {
        return on_io([&] {
            return std::accumulate(reported.begin(), reported.end(), std::uint64_t{0},
                                   [](std::uint64_t n, const refusals& r) { return n + r.total(); });
        });
    };
    EXPECT_TRUE(eventually([&] { return sum() == 51; })) << sum();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_LE(reports(), 2 + static_cast<std::size_t>(seconds)); // one each second
}

// The id of a caller on a slow network takes as long as 200 connections of another host.
TEST_F(limits_on_loopback, flooding_host_does_not_keep_out_a_caller_whose_id_is_slow) {
    listener_options options;
    options.handshakes_max = 10;
    listen(options);
    raw_peer caller = connect_from("127.0.0.1");
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 1; }));
    std::vector<raw_peer> flood;
    for (int i = 0; i < 200; ++i)
        flood.push_back(connect_from("127.0.0.2"));
    ASSERT_TRUE(eventually([&] { return counted().evicted == 191; }));
    caller.send(id_bytes());
    EXPECT_EQ(accept().id(), sample_id);
}

// The listener accepts a burst of 2,000 connections only as fast as its share of the thread allows. Calls on the thread
// continue.
TEST_F(limits_on_loopback, flood_leaves_the_thread_its_turns) {
    listen(allowing({"127.0.0.1"}));
    std::atomic<bool> flooding = true;
    std::size_t turns = 0;          // of other work on that thread
    std::uint64_t most_between = 0; // connections accepted between two of them
    std::uint64_t accepted_before = 0;
    boost::asio::steady_timer timer(io_.context());
    std::function<void(boost::system::error_code)> turn = [&](auto) {
        ++turns;
        const auto now = calls_->statistics().connections;
        if (accepted_before > 0) most_between = std::max(most_between, now - accepted_before);
        accepted_before = now;
        if (!flooding) return;
        timer.expires_after(1ms);
        timer.async_wait(turn);
    };
    // They wait in the kernel's queue while the thread is busy.
    std::promise<void> go;
    boost::asio::post(io_.context(), [&] { go.get_future().wait(); });
    std::vector<raw_peer> flood;
    for (int i = 0; i < 800; ++i)
        flood.push_back(connect_from("127.0.0.2"));
    boost::asio::post(io_.context(), [&] { turn({}); });
    go.set_value();
    ASSERT_TRUE(eventually([&] { return counted().refused == 800; }));
    flooding = false;
    on_io([] {});
    ASSERT_TRUE(eventually([&] { return on_io([&] { return timer.cancel() == 0; }); }));
    EXPECT_GT(turns, 3U);
    EXPECT_LT(most_between, 500U); // 200 us of accepting, with reserve for a fast machine
}

TEST_F(limits_on_loopback, listening_socket_is_the_listeners_until_it_closes) {
    auto socket = listening_socket::listen({"127.0.0.1", 0});
    const int descriptor = socket.descriptor();
    calls_ = listener_on(std::move(socket));
    EXPECT_EQ(on_io([&] { return calls_->socket().descriptor(); }), descriptor);
    EXPECT_EQ(answered().second.id(), sample_id);
    calls_->close();
    on_io([] {});
    EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
    EXPECT_FALSE(on_io([&] { return calls_->socket().is_open(); }));
}

TEST_F(limits_on_loopback, closed_socket_or_no_homes_is_refused) {
    auto closed = listening_socket::listen({"127.0.0.1", 0});
    closed.close();
    EXPECT_THROW(listener_on(std::move(closed)), std::invalid_argument);
    EXPECT_THROW(listener(io_.context(), {"127.0.0.1", 0}, {}, {}), std::invalid_argument);
}

TEST_F(limits_on_loopback, two_listeners_on_one_socket_hand_over_without_losing_a_connection) {
    auto socket = listening_socket::listen({"127.0.0.1", 0});
    auto copy = listening_socket::adopt(file_descriptor(::dup(socket.descriptor())));
    calls_ = listener_on(std::move(socket));
    raw_peer early = connect();
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 1; }));
    auto successor = listener_on(std::move(copy));
    auto waiting = calls_->async_accept(boost::asio::use_future);
    calls_->stop_accepting();
    on_io([] {});

    for (int i = 0; i < 10; ++i) { // all new ones come to the successor
        raw_peer late = connect();
        late.send(id_bytes());
        EXPECT_EQ(successor->async_accept(boost::asio::use_future).get().id(), sample_id);
    }
    early.send(id_bytes()); // earlier callers still have a call of the first server
    EXPECT_EQ(waiting.get().id(), sample_id);
    EXPECT_THROW(accept(), boost::system::system_error); // and the last
    EXPECT_EQ(counted().connections, 1U);
}

// A stopping process must not wait for the id deadline of a connection that has become a call.
TEST_F(limits_on_loopback, io_context_without_connections_and_calls_has_nothing_left_to_run) {
    boost::asio::io_context io;
    listener l(io, {"127.0.0.1", 0});
    std::optional<call> up;
    l.async_accept([&](auto, call c) { up = std::move(c); });
    raw_peer peer(l.local_endpoint());
    peer.send(id_bytes());
    while (!up)
        io.run_one();
    l.stop_accepting();
    up->hang_up();
    peer.finish();
    io.run_for(4s); // the id had five
    EXPECT_TRUE(io.stopped());
}

TEST_F(limits_on_loopback, listener_that_stops_accepting_ends_its_wait_when_the_last_pending_connection_ends) {
    listen();
    std::optional<raw_peer> silent = connect();
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 1; }));
    auto waiting = calls_->async_accept(boost::asio::use_future);
    calls_->stop_accepting();
    on_io([] {});
    EXPECT_THROW(connect(), boost::system::system_error); // refused
    EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
    silent.reset();
    EXPECT_THROW(waiting.get(), boost::system::system_error);
}
