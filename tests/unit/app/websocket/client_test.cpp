// SPDX-License-Identifier: Apache-2.0
// How a client opens a WebSocket, and how it reports a failure.
#include "websocket_pair.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

bool says(const heard& who, const std::string& what) {
    return who.reason().find(what) != std::string::npos;
}

// A short client frame, as a server would send it.
std::string unmasked(const std::string& frame) {
    constexpr std::size_t head = 2;
    constexpr std::size_t mask = 4;
    std::string text{frame.at(0), static_cast<char>(frame.at(1) & 0x7f)};
    for (std::size_t i = 0; i < static_cast<std::size_t>(text[1]); ++i)
        text += static_cast<char>(frame.at(head + mask + i) ^ frame.at(head + i % mask));
    return text;
}

} // namespace

TEST_F(websockets, request_has_target_headers_host_and_no_compression) {
    serve();
    auto options = to_server();
    options.headers = {{"Authorization", "Bearer secret"}, {"X-Call", "a, b"}};
    dial(options);
    ASSERT_TRUE(run_until([&] { return here.open && there.open; }));
    EXPECT_EQ(asked_.target, "/talk?key=secret");
    EXPECT_EQ(asked_.header("authorization"), "Bearer secret");
    EXPECT_EQ(asked_.header("X-Call"), "a, b");
    EXPECT_EQ(asked_.header("Host"), "127.0.0.1:" + std::to_string(server_->local_endpoint().port()));
    EXPECT_EQ(asked_.header("Sec-WebSocket-Extensions"), "");
    EXPECT_TRUE(asked_.header("User-Agent").starts_with("audiosocket/"));
    EXPECT_TRUE(asked_.peer.address().is_loopback());
    EXPECT_EQ(here.socket->subprotocol(), "");
}

TEST_F(websockets, subprotocol_is_agreed_on) {
    serve({}, [this](const ws::opening_request& asked, const auto& socket) {
        EXPECT_TRUE(asked.offers("old"));
        EXPECT_TRUE(asked.offers("new"));
        EXPECT_FALSE(asked.offers("ne"));
        there.socket = socket;
        return ws::opening_answer{.subprotocol = "new", .on = there.handlers()};
    });
    auto options = to_server();
    options.subprotocol = "old, new";
    dial(options);
    ASSERT_TRUE(run_until([&] { return here.open && there.open; }));
    EXPECT_EQ(here.socket->subprotocol(), "new");
    EXPECT_EQ(there.socket->subprotocol(), "new");
}

TEST_F(websockets, subprotocol_that_was_not_offered_is_refused) {
    serve({}, [this](const ws::opening_request&, const auto&) {
        return ws::opening_answer{.subprotocol = "other", .on = there.handlers()};
    });
    auto options = to_server();
    options.subprotocol = "media";
    dial(options);
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_FALSE(here.open);
    EXPECT_TRUE(says(here, "not offered: other")) << here.reason();
}

// RFC 6455 section 4.1. The client accepted it, and reported the first compressed message as broken.
TEST_F(websockets, extension_that_was_not_offered_is_refused) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    auto& server = requested();
    auto answer = acceptance(server.received);
    answer.insert(answer.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    server.send(answer);
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_FALSE(here.open);
    EXPECT_TRUE(says(here, "not offered: permessage-deflate")) << here.reason();
}

TEST_F(websockets, refusal_has_status_and_text_and_no_secrets) {
    for (const unsigned status : {401U, 404U, 503U}) {
        serve({}, [status](const ws::opening_request& asked, const auto&) {
            return ws::opening_answer{.status = status,
                                      .text =
                                          "{\n  \"error\": \"wrong key: " + std::string(asked.header("Authorization")) +
                                          " for " + asked.target + "\"\n}"};
        });
        here = {};
        auto options = to_server();
        options.headers = {{"Authorization", "Bearer sk-123456"}};
        dial(options);
        ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
        EXPECT_FALSE(here.open);
        EXPECT_EQ(here.code(), 1006);
        EXPECT_EQ(here.closed.front().http_status, status);
        EXPECT_TRUE(says(here, "HTTP " + std::to_string(status))) << here.reason();
        EXPECT_TRUE(says(here, "wrong key")) << here.reason();
        EXPECT_TRUE(says(here, "/talk: ")) << here.reason();
        EXPECT_EQ(here.reason().find("sk-123456"), std::string::npos) << here.reason();
        EXPECT_EQ(here.reason().find("secret"), std::string::npos) << here.reason();
        EXPECT_EQ(here.reason().find('\n'), std::string::npos);
    }
}

TEST_F(websockets, header_with_a_line_end_is_never_sent) {
    serve();
    auto options = to_server();
    options.headers = {{"X-From", "1234\r\nX-Admin: yes"}};
    dial(options);
    EXPECT_TRUE(here.closed.empty()) << "a handler was called within a function";
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(says(here, "X-From")) << here.reason();
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(websockets, address_where_nothing_listens) {
    const auto port = serve_raw();
    acceptor_->close();
    dial(to("ws://127.0.0.1:" + std::to_string(port) + "/x?key=secret"));
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(says(here, "no connection to 127.0.0.1: Connection refused")) << here.reason();
    EXPECT_EQ(here.reason().find("secret"), std::string::npos);
}

TEST_F(websockets, name_with_several_addresses_reaches_the_one_that_answers) {
    serve(); // on 127.0.0.1 only; "localhost" is often ::1 as well
    dial(to_server("ws", "localhost"));
    ASSERT_TRUE(run_until([&] { return here.open || !here.closed.empty(); }));
    EXPECT_TRUE(here.open) << here.reason();
}

TEST_F(websockets, server_that_never_answers_the_handshake_ends_at_the_deadline) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.connect_timeout = 50ms;
    dial(options);
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(says(here, "did not come within 0.05 s")) << here.reason();
    run_out();
    EXPECT_EQ(here.closed.size(), 1U);
}

TEST_F(websockets, answer_that_trickles_in_ends_at_the_deadline) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.connect_timeout = 200ms;
    dial(options);
    ASSERT_TRUE(run_until([&] { return !raw_.empty(); }));
    while (here.closed.empty() && !raw_.front()->ended) {
        raw_.front()->send("H");
        io_.restart();
        io_.run_one_for(5ms);
    }
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_FALSE(here.open);
    EXPECT_EQ(here.code(), 1006);
}

TEST_F(websockets, server_of_something_else_is_recognised) {
    for (const std::string said : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "\x01\x02\x03\x04\r\n\r\n"}) {
        here = {};
        raw_.clear();
        dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
        requested().send(said);
        ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
        EXPECT_TRUE(says(here, "not that of a WebSocket server")) << here.reason();
    }
}

TEST_F(websockets, answer_that_is_no_upgrade_or_has_the_wrong_proof) {
    for (const std::string said : {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                   "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"}) {
        here = {};
        raw_.clear();
        dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
        requested().send(said);
        ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
        EXPECT_FALSE(here.open);
        EXPECT_NE(here.reason(), "");
    }
}

TEST_F(websockets, server_that_closes_without_an_answer) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    requested().finish();
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(says(here, "without an answer")) << here.reason();
}

TEST_F(websockets, long_answer_and_message_behind_it_in_one_piece) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    auto& server = requested();
    auto answer = acceptance(server.received);
    answer.insert(answer.size() - 2, "X-Policy: " + std::string(3000, 'p') + "\r\n");
    server.send(answer + "\x81\x02hi");
    ASSERT_TRUE(run_until([&] { return !here.texts.empty() || !here.closed.empty(); }));
    EXPECT_EQ(here.texts, std::vector<std::string>{"hi"}) << here.reason();
}

TEST_F(websockets, closed_or_abandoned_before_it_is_open) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    requested();
    here.socket->close(1000, "changed my mind");
    EXPECT_TRUE(here.closed.empty()) << "a handler was called within a function";
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(says(here, "before it was open"));
    ASSERT_TRUE(run_until([&] { return raw_.front()->ended; }));

    here = {};
    raw_.clear();
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    requested();
    here.socket->abandon();
    ASSERT_TRUE(run_until([&] { return raw_.front()->ended; }));
    run_out();
    EXPECT_TRUE(here.closed.empty());
}

TEST_F(websockets, peer_that_never_answers_a_close) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.close_timeout = 20ms;
    dial(options);
    auto& server = requested();
    server.send(acceptance(server.received));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    here.socket->close(1000, {});
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1006);
    EXPECT_TRUE(says(here, "did not answer the close")) << here.reason();
}

TEST_F(websockets, peer_that_is_silent_gets_a_ping_and_is_given_up) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.ping_after = 20ms;
    options.bounds.silent_max = 100ms;
    dial(options);
    auto& server = requested();
    server.send(acceptance(std::exchange(server.received, {})));
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1006);
    EXPECT_TRUE(says(here, "nothing has arrived for 0.1 s")) << here.reason();
    ASSERT_TRUE(run_until([&] { return server.ended; }));
    ASSERT_GE(server.received.size(), 7U);
    EXPECT_EQ(server.received.substr(0, 2), "\x89\x81") << "not a ping with its number, masked";
}

// Also while the peer keeps talking, so that no silence causes a ping.
TEST_F(websockets, round_trip_is_measured_by_one_ping_at_a_time) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.measure_every = 20ms;
    std::vector<std::chrono::nanoseconds> round_trips;
    auto on = here.handlers();
    on.on_pong = [&](auto took) { round_trips.push_back(took); };
    here.socket = ws::dial(io_.get_executor(), options, std::move(on));
    auto& server = requested();
    server.send(acceptance(std::exchange(server.received, {})));
    ASSERT_TRUE(run_until([&] { return server.received.size() >= 7; })) << "at once";
    const auto ping = unmasked(server.received);
    EXPECT_EQ(ping.substr(0, 2), "\x89\x01");

    server.send("\x8a\x03old" + ("\x8a" + ping.substr(1)));
    ASSERT_TRUE(run_until([&] { return !round_trips.empty(); }));
    ASSERT_TRUE(run_until([&] { return server.received.size() >= 14; })) << "and again";
    const auto second = unmasked(server.received.substr(7));
    EXPECT_NE(second, ping);

    const auto quiet_until = std::chrono::steady_clock::now() + options.bounds.measure_every * 3;
    server.send("\x81\x02hi" + ("\x8a" + ping.substr(1)));
    ASSERT_TRUE(run_until([&] { return !here.texts.empty(); }));
    io_.restart();
    io_.run_until(quiet_until);
    EXPECT_EQ(round_trips.size(), 1U) << "the first ping was answered before";
    EXPECT_EQ(server.received.size(), 14U) << "the second one has not been answered";
    EXPECT_GE(round_trips[0].count(), 0);
}

TEST_F(websockets, no_ping_goes_out_where_the_round_trip_is_not_wanted) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.measure_every = 1ms;
    dial(options);
    auto& server = requested();
    server.send(acceptance(std::exchange(server.received, {})));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    io_.restart();
    io_.run_for(20ms);
    EXPECT_EQ(server.received, "");
}

// The peer keeps talking, so silence does not reveal it.
TEST_F(websockets, peer_that_reads_nothing_is_given_up) {
    auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    options.bounds.ping_after = 20ms;
    options.bounds.unread_max = 100ms;
    options.bounds.queue_bytes_max = 64 << 20;
    dial(options);
    auto& server = requested();
    server.deaf = true;
    server.send(acceptance(server.received));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    ASSERT_TRUE(here.socket->send_text(std::string(32 << 20, 'x'))); // more than the kernel takes
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1006);
    EXPECT_TRUE(says(here, "read nothing for 0.1 s")) << here.reason();
}

// The kernel buffered four megabytes: minutes of a call, which the peer heard when it read again.
TEST_F(websockets, what_a_peer_does_not_read_waits_in_the_queue) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    auto& server = requested();
    server.deaf = true;
    server.send(acceptance(server.received));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    std::size_t taken = 0;
    for (const std::string piece(1000, 'x'); here.socket->queued_bytes() < 100'000; taken += piece.size()) {
        ASSERT_TRUE(here.socket->send_text(piece));
        io_.restart();
        io_.poll();
    }
    EXPECT_LT(taken, 1'000'000U);
}

TEST_F(websockets, peer_that_ends_without_a_close) {
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    auto& server = requested();
    server.send(acceptance(server.received));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    server.close();
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1006);
    EXPECT_TRUE(says(here, "without a close")) << here.reason();
}

TEST_F(websockets, close_of_a_peer_that_has_gone_is_still_read) {
    // A peer that closes with unread data resets the connection. The write that notices it must not hide the close.
    dial(to("ws://127.0.0.1:" + std::to_string(serve_raw())));
    auto& server = requested();
    server.send(acceptance(server.received));
    ASSERT_TRUE(run_until([&] { return here.open; }));
    ASSERT_TRUE(here.socket->send_text("unread"));
    server.send(std::string("\x88\x08\x03\xf0policy"));
    server.close();
    ASSERT_TRUE(here.socket->send_text("in vain"));
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1008) << here.reason();
    EXPECT_EQ(here.reason(), "policy");
}

// Beast's two operations would wait for each other for ever: the close for the read, and the read, which already has
// the peer's close, for the write.
TEST_F(websockets, closes_that_cross_end_in_order_and_nothing_stays) {
    const auto options = to("ws://127.0.0.1:" + std::to_string(serve_raw()));
    auto on = here.handlers();
    on.on_text = [this](std::string_view) { here.socket->close(1000, "bye"); };
    here.socket = ws::dial(io_.get_executor(), options, std::move(on));
    auto& server = requested();
    server.send(acceptance(server.received) + "\x81\x02hi" + "\x88\x02\x03\xe8");
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_EQ(here.code(), 1000) << here.reason();
    here.socket.reset();
    run_out();
}
