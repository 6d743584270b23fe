// SPDX-License-Identifier: Apache-2.0
// What a server accepts from clients: frames of every kind, requests of every kind.
#include "websocket_pair.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

// Opcodes with FIN, and without.
constexpr int text_frame = 0x81;
constexpr int binary_frame = 0x82;
constexpr int first_text = 0x01;
constexpr int continuation = 0x00;
constexpr int last_continuation = 0x80;
constexpr int close_frame = 0x88;
constexpr int ping_frame = 0x89;

} // namespace

TEST_F(websockets, fragments_with_a_ping_between_are_one_message) {
    serve();
    auto& client = raw_client();
    client.send(frame(first_text, "one "));
    client.send(frame(ping_frame, "are you there"));
    client.send(frame(continuation, ""));
    client.send(frame(continuation, "two "));
    client.send(frame(last_continuation, "three"));
    ASSERT_TRUE(run_until([&] { return !there.texts.empty() && client.received.size() >= 15; }));
    EXPECT_EQ(there.texts, std::vector<std::string>{"one two three"});
    EXPECT_EQ(client.received, "\x8a\x0d"
                               "are you there");
}

TEST_F(websockets, fragments_beyond_the_bound_together_end_with_1009) {
    serve({.bounds = {.message_bytes_max = 200}});
    auto& client = raw_client();
    client.send(frame(first_text, std::string(101, 'x')));
    client.send(frame(last_continuation, std::string(100, 'x')));
    ASSERT_TRUE(run_until([&] { return !there.closed.empty(); }));
    EXPECT_EQ(there.code(), 1009);
    EXPECT_TRUE(there.texts.empty());
}

TEST_F(websockets, text_that_is_not_utf8_ends_with_1007) {
    serve();
    auto& client = raw_client();
    client.send(frame(binary_frame, "\xff\xfe"));
    client.send(frame(text_frame, "\xff\xfe"));
    ASSERT_TRUE(run_until([&] { return !there.closed.empty() && client.received.size() >= 4; }));
    EXPECT_EQ(there.binaries.size(), 1U);
    EXPECT_TRUE(there.texts.empty());
    EXPECT_EQ(there.code(), 1007);
    EXPECT_EQ(client.received.substr(0, 4), "\x88\x02\x03\xef");
}

TEST_F(websockets, compression_is_not_accepted) {
    serve();
    auto& client = raw_client("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
    EXPECT_EQ(answer_.find("Extensions"), std::string::npos) << answer_;
    client.send(frame(text_frame | 0x40, "abc"));
    ASSERT_TRUE(run_until([&] { return !there.closed.empty(); }));
    EXPECT_EQ(there.code(), 1002);
}

TEST_F(websockets, frames_against_the_rules_end_with_1002) {
    const std::string unmasked("\x81\x01x");
    for (const auto& bad : {unmasked, frame(0x83, "x"), frame(last_continuation, "x"), frame(0x09, "x"),
                            frame(close_frame, std::string("\x03\xe7", 2))}) {
        there = {};
        serve();
        raw_client().send(bad);
        ASSERT_TRUE(run_until([&] { return !there.closed.empty(); }));
        EXPECT_EQ(there.code(), 1002) << there.reason();
        EXPECT_EQ(there.closed.size(), 1U);
    }
}

TEST_F(websockets, close_without_a_code_is_1005) {
    serve();
    auto& client = raw_client();
    client.send(frame(close_frame, ""));
    ASSERT_TRUE(run_until([&] { return !there.closed.empty(); }));
    EXPECT_EQ(there.code(), 1005);
}

TEST_F(websockets, request_that_is_no_upgrade_gets_426) {
    serve();
    auto& client = raw_peer();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return client.ended; }));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 426 ")) << client.received;
}

TEST_F(websockets, request_that_is_no_http_gets_400) {
    serve();
    auto& client = raw_peer();
    client.send("hello there\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return client.ended; }));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 400 ")) << client.received;
}

TEST_F(websockets, request_that_is_too_long_gets_431) {
    serve({.request_bytes_max = 1000});
    auto& client = raw_peer();
    client.send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x'));
    ASSERT_TRUE(run_until([&] { return client.ended; }));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 431 ")) << client.received;
}

TEST_F(websockets, request_that_never_ends_is_dropped_at_the_deadline) {
    serve({.bounds = {.connect_timeout = 50ms}});
    auto& client = raw_peer();
    client.send("GET / HTTP/1.1\r\n");
    ASSERT_TRUE(run_until([&] { return client.ended; }));
    EXPECT_EQ(client.received, "");
    ASSERT_TRUE(run_until([&] { return server_->connections() == 0; }));
}

TEST_F(websockets, connections_are_bounded_and_counted) {
    serve({.connections_max = 1});
    auto& first = raw_client();
    EXPECT_EQ(server_->connections(), 1U);
    auto& second = raw_peer();
    ASSERT_TRUE(run_until([&] { return second.ended; }));
    EXPECT_EQ(second.received, "");
    first.close();
    ASSERT_TRUE(run_until([&] { return server_->connections() == 0; }));
    there = {};
    raw_client();
    EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(websockets, handler_that_closes_or_abandons_refuses) {
    serve({}, [this](const ws::opening_request&, const auto& socket) {
        socket->abandon();
        return ws::opening_answer{.on = there.handlers()};
    });
    dial(to_server());
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_FALSE(here.open);
    EXPECT_FALSE(there.open);
    EXPECT_TRUE(there.closed.empty());
}

TEST_F(websockets, stop_ends_handshakes_and_leaves_open_ones) {
    serve();
    raw_client();
    auto& waiting = raw_peer();
    waiting.send("GET / HTTP/1.1\r\n");
    ASSERT_TRUE(run_until([&] { return server_->connections() == 2; }));
    server_->stop();
    ASSERT_TRUE(run_until([&] { return waiting.ended; }));
    EXPECT_TRUE(there.closed.empty());
    ASSERT_TRUE(there.socket->send_text("still here"));
    ASSERT_TRUE(run_until([&] { return raw_.front()->received.size() >= 12; }));
}

TEST_F(websockets, stop_lets_a_refusal_end_that_is_on_its_way) {
    const std::string why(16'000'000, 'x'); // more than the kernel takes at once
    serve({}, [&](const ws::opening_request&, const auto&) {
        boost::asio::post(io_, [this] { server_->stop(); });
        return ws::opening_answer{.status = 503, .text = why};
    });
    auto& client = raw_peer();
    client.send(raw_request({}));
    ASSERT_TRUE(run_until([&] { return client.ended; }));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 503 "));
    EXPECT_EQ(client.received.size() - client.received.find("\r\n\r\n") - 4, why.size());
}
