// SPDX-License-Identifier: Apache-2.0
// Reports that reach their web server, and reports that do not.
#include "gateway/status_sender.hpp"

#include "support/web_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using app::gateway::status_sender;
namespace ws = app::websocket;

namespace {

// Pauses of no length: their length is not measured here.
status_sender::limits quick(std::size_t waiting_max = 4096, std::size_t connections_max = 16) {
    return {std::vector<std::chrono::milliseconds>(5, 1ms), waiting_max, connections_max};
}

ws::post_request report(const std::string& url, const std::string& body) {
    ws::post_request what{.url = ws::parse_url(url, ws::url_use::http)};
    what.body = body;
    what.timeout = raw_peer::patience;
    return what;
}

std::vector<std::string> bodies(const std::vector<web_server::request>& all) {
    std::vector<std::string> out;
    for (const auto& one : all)
        out.push_back(one.body);
    return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST(status_sender, reports_of_a_call_arrive_in_order) {
    web_server server;
    status_sender sender(quick());
    const auto call = sender.new_call();
    texts sent;
    for (int i = 0; i < 20; ++i)
        sender.send(call, report(server.url(), sent.emplace_back(std::to_string(i))));
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(bodies(server.requests(20)), sent);
    EXPECT_EQ(sender.look().delivered, 20U);
    EXPECT_EQ(sender.look().waiting, 0U);
    EXPECT_TRUE(sender.take_news().empty());
}

TEST(status_sender, failing_server_is_asked_again_and_the_order_is_kept) {
    std::atomic<int> asked = 0;
    constexpr int statuses[] = {500, 429, 503, 408};
    web_server server([&](const auto&) {
        const int n = asked++;
        return web_server::answer{n < 4 ? statuses[n] : 204};
    });
    status_sender sender(quick());
    const auto call = sender.new_call();
    sender.send(call, report(server.url(), "first"));
    sender.send(call, report(server.url(), "second"));
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(bodies(server.requests(6)), (texts{"first", "first", "first", "first", "first", "second"}));
    EXPECT_EQ(sender.look().retried, 4U);
    EXPECT_EQ(sender.look().delivered, 2U);
    EXPECT_EQ(sender.look().failed, 0U);
}

TEST(status_sender, report_is_given_up_after_five_more_tries) {
    web_server server([](const auto&) { return web_server::answer{500}; });
    status_sender sender(quick());
    sender.send(sender.new_call(), report(server.url("/x?key=secret"), "a"));
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(server.requests(6).size(), 6U);
    EXPECT_EQ(sender.look().retried, 5U);
    EXPECT_EQ(sender.look().failed, 1U);
    const auto news = sender.take_news();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_NE(news[0].find("1 report was not delivered: http://127.0.0.1:"), std::string::npos) << news[0];
    EXPECT_NE(news[0].find("answered with HTTP 500"), std::string::npos) << news[0];
    EXPECT_EQ(news[0].find("secret"), std::string::npos) << news[0];
    EXPECT_TRUE(sender.take_news().empty());
}

TEST(status_sender, refusal_is_not_asked_again) {
    web_server server([](const auto&) { return web_server::answer{404}; });
    status_sender sender(quick());
    const auto call = sender.new_call();
    sender.send(call, report(server.url(), "a"));
    sender.send(call, report(server.url(), "b"));
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(bodies(server.requests(2)), (texts{"a", "b"}));
    EXPECT_EQ(sender.look().failed, 2U);
    EXPECT_EQ(sender.look().retried, 0U);
}

TEST(status_sender, server_that_is_not_there_is_asked_again) {
    std::string url;
    {
        const web_server gone;
        url = gone.url();
    }
    status_sender sender(quick());
    sender.send(sender.new_call(), report(url, "a"));
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(sender.look().retried, 5U);
    EXPECT_EQ(sender.look().failed, 1U);
}

TEST(status_sender, slow_call_does_not_hold_up_another) {
    std::latch go_on(1);
    web_server server([&](const auto& asked) {
        if (asked.body == "slow") go_on.wait();
        return web_server::answer();
    });
    status_sender sender(quick());
    sender.send(sender.new_call(), report(server.url(), "slow"));
    server.requests(1);
    sender.send(sender.new_call(), report(server.url(), "quick"));
    EXPECT_EQ(bodies(server.requests(2)), (texts{"slow", "quick"}));
    go_on.count_down();
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(sender.look().delivered, 2U);
}

TEST(status_sender, oldest_report_gives_way_where_there_is_no_room) {
    std::latch go_on(1);
    web_server server([&](const auto& asked) {
        if (asked.body == "a1") go_on.wait();
        return web_server::answer();
    });
    status_sender sender(quick(4, 1));
    const auto a = sender.new_call();
    const auto b = sender.new_call();
    sender.send(a, report(server.url(), "a1"));
    server.requests(1); // it is being sent, so it stays
    sender.send(a, report(server.url(), "a2"));
    for (const auto* text : {"b1", "b2", "b3", "b4"})
        sender.send(b, report(server.url(), text));
    while (sender.look().dropped < 2)
        std::this_thread::yield();
    go_on.count_down();
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(bodies(server.requests(4)), (texts{"a1", "b2", "b3", "b4"}));
    EXPECT_EQ(sender.look().dropped, 2U);
    EXPECT_EQ(sender.look().delivered, 4U);
    const auto news = sender.take_news();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_NE(news[0].find("2 reports were dropped"), std::string::npos) << news[0];
}

TEST(status_sender, connections_are_bounded) {
    std::latch go_on(1);
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    web_server server([&](const auto&) {
        const int n = ++now;
        int before = most;
        while (n > before && !most.compare_exchange_weak(before, n)) {
        }
        go_on.wait();
        --now;
        return web_server::answer();
    });
    status_sender sender(quick(100, 3));
    for (int i = 0; i < 20; ++i)
        sender.send(sender.new_call(), report(server.url(), "x"));
    server.requests(3);
    go_on.count_down();
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
    EXPECT_EQ(server.requests(20).size(), 20U);
    EXPECT_LE(most, 3);
}

TEST(status_sender, end_does_not_wait_for_a_silent_server) {
    std::latch go_on(1);
    web_server server([&](const auto&) {
        go_on.wait();
        return web_server::answer();
    });
    {
        status_sender sender(quick());
        const auto call = sender.new_call();
        sender.send(call, report(server.url(), "a"));
        sender.send(call, report(server.url(), "b"));
        server.requests(1);
        EXPECT_EQ(sender.finish(1ms), 2U);
        EXPECT_EQ(sender.finish(1ms), 0U); // again: the thread has ended
    }
    go_on.count_down();
}

TEST(status_sender, sender_that_sends_nothing_has_no_thread_to_wait_for) {
    status_sender sender;
    EXPECT_EQ(sender.finish(raw_peer::patience), 0U);
}
