// SPDX-License-Identifier: Apache-2.0
#include "net_test.hpp"

#include "support/clang_sanitizer.hpp"
#include "support/skipped.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

class listener_on_loopback : public net_test {};

std::size_t open_files() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Returns the number that the next file gets. (Files inherited from the parent may have higher numbers.)
rlim_t next_file() {
    const int next = ::dup(STDOUT_FILENO);
    ::close(next);
    return static_cast<rlim_t>(next);
}

} // namespace

TEST_F(listener_on_loopback, id_gives_a_call_with_that_id_and_peer) {
    listen();
    auto [peer, c] = answered();
    EXPECT_EQ(c.id(), sample_id);
    EXPECT_EQ(c.peer(), peer.socket().local_endpoint());
}

TEST_F(listener_on_loopback, id_byte_by_byte_is_the_same_call) {
    listen();
    raw_peer peer = connect();
    for (std::byte b : id_bytes())
        peer.send({b});
    EXPECT_EQ(accept().id(), sample_id);
}

TEST_F(listener_on_loopback, two_calls_with_one_id_do_not_mix) {
    listen();
    auto [first_peer, first] = answered();
    auto [second_peer, second] = answered();
    first_peer.send(frame(kind::dtmf, raw("1")));
    second_peer.send(frame(kind::dtmf, raw("2")));
    EXPECT_EQ(next_of<dtmf_event>(first).digit, '1');
    EXPECT_EQ(next_of<dtmf_event>(second).digit, '2');
}

TEST_F(listener_on_loopback, connection_without_a_byte_is_not_a_call) {
    listen();
    connect().finish();
    EXPECT_TRUE(eventually([&] { return counted().never_started == 1; }));
    EXPECT_EQ(counted().calls, 0U);
}

TEST_F(listener_on_loopback, silent_connection_is_closed_at_the_id_deadline) {
    listener_options options;
    options.call.id_timeout = 50ms;
    listen(options);
    raw_peer peer = connect();
    EXPECT_TRUE(peer.receive_all().orderly);
    EXPECT_TRUE(eventually([&] { return counted().handshakes == 0; }));
}

TEST_F(listener_on_loopback, other_protocols_are_closed_at_once_and_reported) {
    listen();
    std::atomic<std::size_t> reported = 0;
    const std::array noises{raw("GET / HTTP/1.1\r\n\r\n"), raw({0x16, 3, 1, 2, 0}), raw("PROXY TCP4 "),
                            frame(kind::slin, numbered(160)), raw("40325ec2-5efd-4bd3-805f-53576e581d13")};
    calls_->on_ended_early([&](const auto&, const ended_event& why, std::span<const std::byte> first) {
        EXPECT_EQ(why.error, protocol_errc::id_expected);
        const bytes& noise = noises.at(reported);
        EXPECT_TRUE(std::ranges::equal(first, std::span(noise).first(std::min(noise.size(), first.size()))));
        EXPECT_EQ(first.size(), std::min(noise.size(), listener::first_bytes_max));
        ++reported;
    });
    for (std::size_t i = 0; i < noises.size(); ++i) {
        raw_peer peer = connect();
        peer.send(noises[i]);
        EXPECT_TRUE(peer.receive_all().all.empty());
        ASSERT_TRUE(eventually([&] { return reported == i + 1; }));
    }
}

TEST_F(listener_on_loopback, calls_over_the_limit_are_refused_at_once) {
    listener_options options;
    options.calls_max = 2;
    listen(options);
    auto [peer1, call1] = answered();
    auto [peer2, call2] = answered();
    raw_peer third = connect();
    EXPECT_TRUE(third.receive_all().all.empty());
    EXPECT_EQ(counted().refused, 1U);

    peer1.finish(); // makes room
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 1; }));
    EXPECT_TRUE(answered().second);
}

TEST_F(listener_on_loopback, callers_who_connect_together_are_not_more_than_the_limit) {
    listener_options options;
    options.calls_max = 2;
    listen(options);
    std::vector<raw_peer> peers;
    for (int i = 0; i < 5; ++i)
        peers.push_back(connect());
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 5; }));
    for (auto& peer : peers)
        peer.send(id_bytes());
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 0; }));
    EXPECT_EQ(counted().calls, 2U);
    EXPECT_EQ(counted().refused, 3U);
    EXPECT_EQ(counted().refused_full, 3U);
    // An orderly end would report success to the dialplan.
    EXPECT_EQ(std::ranges::count_if(peers, [](raw_peer& peer) { return peer.is_reset(); }), 3);
}

TEST_F(listener_on_loopback, callers_are_refused_before_the_last_files_are_open) {
    // A quarter is kept if there are few files. The limit here is higher, so that the kept files suffice for the
    // refused connection, and for the pipes through which UndefinedBehaviorSanitizer checks memory.
    std::vector<std::ifstream> others;
    for (int i = 0; i < 30; ++i)
        others.emplace_back("/dev/null");
    listen();
    auto up = answered();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit few = before;
    few.rlim_cur = (next_file() + 1) * 4 / 3; // the test uses one
    setrlimit(RLIMIT_NOFILE, &few);
    EXPECT_TRUE(connect().is_reset());
    EXPECT_EQ(counted().refused_files, 1U);
    listener_options all_files;
    all_files.files_reserved = 0;
    calls_->set_options(all_files);
    on_io([] {});
    EXPECT_TRUE(answered().second);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(counted().refused_files, 1U);
}

TEST_F(listener_on_loopback, calls_that_are_not_accepted_stay_within_the_limit) {
    listener_options options;
    options.calls_max = 3;
    listen(options);
    for (int i = 0; i < 3; ++i) {
        raw_peer peer = connect();
        peer.send(id_bytes());
        peer.finish();
        peer.receive_all();
    }
    for (int i = 0; i < 7; ++i)
        EXPECT_TRUE(connect().is_reset());
    EXPECT_EQ(counted().calls, 3U);
    EXPECT_EQ(counted().refused, 7U);
}

TEST_F(listener_on_loopback, options_that_make_no_sense_are_refused_at_once) {
    listener_options options;
    options.call.ptime = std::chrono::milliseconds(25);
    EXPECT_THROW(listen(options), std::invalid_argument);
    options = {};
    options.handshakes_max = 0;
    EXPECT_THROW(listen(options), std::invalid_argument);
}

TEST_F(listener_on_loopback, silent_connections_do_not_keep_callers_out) {
    listener_options options;
    options.handshakes_max = 10;
    listen(options);
    std::vector<raw_peer> silent;
    for (int i = 0; i < 30; ++i)
        silent.push_back(connect());
    auto [peer, c] = answered();
    EXPECT_EQ(c.id(), sample_id);
    EXPECT_EQ(counted().evicted, 21U);
}

TEST_F(listener_on_loopback, thousand_calls_leave_nothing_behind) {
    listen();
    { auto warm_up = answered(); }
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 0; }));
    const auto files = open_files();
    for (int i = 0; i < 1000; ++i) {
        auto [peer, c] = answered();
        peer.finish();
        while (!std::holds_alternative<ended_event>(next(c))) {
        }
    }
    EXPECT_TRUE(eventually([&] { return counted().calls_up == 0 && open_files() == files; }));
    EXPECT_EQ(counted().calls, 1001U);
}

TEST_F(listener_on_loopback, out_of_descriptors_accept_waits_and_recovers) {
    if (clang_sanitizer) GTEST_SKIP() << skipped(needs_descriptors);
    listen();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket early(io, boost::asio::ip::tcp::v4());
    rlimit none = before;
    none.rlim_cur = next_file();
    setrlimit(RLIMIT_NOFILE, &none);
    const auto begin = std::chrono::steady_clock::now();
    early.connect(calls_->local_endpoint());
    EXPECT_TRUE(eventually([&] { return counted().accept_errors >= 3; }));
    const auto errors = counted().accept_errors;
    const auto took = std::chrono::steady_clock::now() - begin;
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_LE(errors, static_cast<std::uint64_t>(took / 100ms) + 1); // real time: how often the system is asked
    EXPECT_TRUE(eventually([&] { return counted().connections == 1; }));
}

TEST_F(listener_on_loopback, taken_port_is_refused_by_name) {
    listen();
    try {
        listener second(io_.context(), {"127.0.0.1", calls_->local_endpoint().port()});
        FAIL();
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), boost::asio::error::address_in_use);
        EXPECT_NE(std::string(e.what()).find("127.0.0.1:"), std::string::npos) << e.what();
    }
    EXPECT_THROW(listener(io_.context(), {"no.such.host.invalid", 0}), boost::system::system_error);
}

TEST_F(listener_on_loopback, close_ends_the_wait_and_leaves_live_calls_alone) {
    listen();
    auto [peer, c] = answered();
    raw_peer silent = connect();
    ASSERT_TRUE(eventually([&] { return counted().handshakes == 1; }));
    auto waiting = calls_->async_accept(boost::asio::use_future);
    calls_->close();
    EXPECT_THROW(waiting.get(), boost::system::system_error);
    EXPECT_TRUE(silent.receive_all().all.empty());
    peer.send(frame(kind::dtmf, raw("5")));
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '5');
}

TEST_F(listener_on_loopback, every_address_takes_ipv4_and_ipv6) {
    listener both(io_.context(), {"", 0});
    const auto port = both.local_endpoint().port();
    for (const char* host : {"127.0.0.1", "::1"}) {
        raw_peer peer({boost::asio::ip::make_address(host), port});
        peer.send(id_bytes());
        EXPECT_EQ(both.async_accept(boost::asio::use_future).get().id(), sample_id) << host;
    }
}
