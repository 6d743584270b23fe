// SPDX-License-Identifier: Apache-2.0
// Messages between two open WebSockets, and how they end.
#include "websocket_pair.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

} // namespace

TEST_F(websockets, messages_arrive_whole_and_in_order_both_ways) {
    connect({}, {.queue_bytes_max = 8 << 20});
    std::vector<std::string> sent;
    // Sizes around the three header lengths of a frame, and around those of the buffers.
    for (const std::size_t size :
         {0U, 1U, 125U, 126U, 127U, 2048U, 4096U, 8175U, 8176U, 8177U, 65535U, 65536U, 1'000'000U}) {
        std::string text(size, 'x');
        for (std::size_t i = 0; i < size; ++i)
            text[i] = static_cast<char>('a' + i % 26);
        sent.push_back(text);
        ASSERT_TRUE(here.socket->send_text(text));
        ASSERT_TRUE(here.socket->send_binary(bytes_of(text)));
    }
    ASSERT_TRUE(run_until([&] { return there.texts.size() == sent.size() && there.binaries.size() == sent.size(); }));
    EXPECT_EQ(there.texts, sent);
    EXPECT_EQ(there.binaries, sent);
    // What was sent counts until the handler of its write has run.
    EXPECT_TRUE(run_until([&] { return here.socket->queued_bytes() == 0; }));

    for (const auto& text : {std::string("äöü €"), std::string(300, 'y')})
        ASSERT_TRUE(there.socket->send_text(text));
    ASSERT_TRUE(run_until([&] { return here.texts.size() == 2; }));
    EXPECT_EQ(here.texts.front(), "äöü €");
}

TEST_F(websockets, close_carries_code_and_reason_behind_what_is_queued) {
    connect();
    ASSERT_TRUE(here.socket->send_text("one"));
    ASSERT_TRUE(here.socket->send_text("two"));
    here.socket->close(4000, "bye");
    EXPECT_TRUE(here.closed.empty()) << "a handler was called within a function";
    EXPECT_FALSE(here.socket->send_text("three"));
    run_out();
    EXPECT_EQ(there.texts, (std::vector<std::string>{"one", "two"}));
    ASSERT_EQ(there.closed.size(), 1U);
    EXPECT_EQ(there.code(), 4000);
    EXPECT_EQ(there.reason(), "bye");
    ASSERT_EQ(here.closed.size(), 1U);
    EXPECT_EQ(here.code(), 4000); // as the peer answers
    EXPECT_FALSE(there.socket->send_text("four"));
    here.socket->close(1000, {});
    here.socket->abandon();
}

TEST_F(websockets, both_close_at_once_and_each_reports_once) {
    connect();
    here.socket->close(1000, "here");
    there.socket->close(4001, "there");
    run_out();
    ASSERT_EQ(here.closed.size(), 1U);
    ASSERT_EQ(there.closed.size(), 1U);
    EXPECT_EQ(here.code(), 4001);
    EXPECT_EQ(there.code(), 1000);
}

TEST_F(websockets, close_never_sends_a_reserved_code_or_half_a_character) {
    connect();
    here.socket->close(1006, std::string(122, 'x') + "€");
    run_out();
    EXPECT_EQ(there.code(), 1000);
    EXPECT_EQ(there.reason(), std::string(122, 'x'));
}

TEST_F(websockets, queue_is_bounded_and_empties) {
    connect({}, {.queue_bytes_max = 1000});
    EXPECT_TRUE(here.socket->send_text(std::string(600, 'x')));
    EXPECT_FALSE(here.socket->send_text(std::string(401, 'x')));
    EXPECT_TRUE(here.socket->send_text(std::string(400, 'x')));
    EXPECT_FALSE(here.socket->send_binary(bytes_of("x")));
    EXPECT_EQ(here.socket->queued_bytes(), 1000U);
    ASSERT_TRUE(run_until([&] { return there.texts.size() == 2 && here.socket->queued_bytes() == 0; }));
    EXPECT_TRUE(here.socket->send_text(std::string(1000, 'x')));
}

TEST_F(websockets, message_beyond_the_bound_ends_with_1009) {
    connect({.bounds = {.message_bytes_max = 1000}});
    ASSERT_TRUE(here.socket->send_text(std::string(1000, 'x')));
    ASSERT_TRUE(here.socket->send_text(std::string(1001, 'x')));
    run_out();
    EXPECT_EQ(there.texts.size(), 1U);
    EXPECT_EQ(there.code(), 1009);
    EXPECT_NE(there.reason().find("1000 bytes"), std::string::npos) << there.reason();
    EXPECT_EQ(here.code(), 1009);
}

TEST_F(websockets, long_message_beyond_the_bound_ends_with_1009_at_the_sender) {
    // The peer does not read the rest. Its close must not get lost.
    connect({.bounds = {.message_bytes_max = 1000}}, {.queue_bytes_max = 8 << 20});
    ASSERT_TRUE(here.socket->send_text(std::string(4'000'000, 'x')));
    run_out();
    EXPECT_EQ(there.code(), 1009);
    EXPECT_EQ(here.code(), 1009);
}

TEST_F(websockets, abandoned_one_says_nothing_and_closes) {
    connect();
    here.socket->abandon();
    ASSERT_TRUE(there.socket->send_text("unheard"));
    run_out();
    EXPECT_TRUE(here.texts.empty());
    EXPECT_TRUE(here.closed.empty());
    EXPECT_EQ(there.code(), 1001);
}

TEST_F(websockets, abandoned_in_its_own_handler_and_with_its_last_handle) {
    serve();
    auto on = here.handlers();
    on.on_text = [&, kept = std::make_shared<int>(7)](std::string_view) {
        here.socket->abandon();
        here.socket.reset();
        EXPECT_EQ(*kept, 7); // the handler is still there
    };
    here.socket = ws::dial(io_.get_executor(), to_server(), std::move(on));
    ASSERT_TRUE(run_until([&] { return there.open; }));
    ASSERT_TRUE(there.socket->send_text("one"));
    ASSERT_TRUE(there.socket->send_text("two"));
    run_out();
    EXPECT_EQ(there.code(), 1001);
    EXPECT_TRUE(here.closed.empty());
}

TEST_F(websockets, closed_in_on_open_ends_in_order) {
    serve();
    auto on = here.handlers();
    on.on_open = [&] {
        EXPECT_TRUE(here.socket->send_text("only this"));
        here.socket->close(1000, "done");
    };
    here.socket = ws::dial(io_.get_executor(), to_server(), std::move(on));
    run_until([&] { return there.open; }) ? void() : ADD_FAILURE();
    run_out();
    EXPECT_EQ(there.texts.size(), 1U);
    EXPECT_EQ(there.code(), 1000);
    EXPECT_EQ(here.closed.size(), 1U);
}
