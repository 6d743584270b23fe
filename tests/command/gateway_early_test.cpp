// SPDX-License-Identifier: Apache-2.0
// Back ends that are dialled when a call is announced, before it arrives (--dial-early).
#include "gateway_test.hpp"

#include <atomic>
#include <future>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class gateway_early : public gateway_test {
  protected:
    void gateway_to(const scripted_back_end& bot, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--dialect", "pcm", "--backend", bot.url(), "--dial-early", "2"});
        gateway(std::move(more));
    }

    void announce() const { EXPECT_EQ(ask(admin, "PUT /calls/" + id, "", "{}").status, 200); }

    double early(const std::string& name) const { return get("/metrics").metric("audiosocket_gateway_early_" + name); }

    // Says hello, and says goodbye when a key is pressed.
    static scripted_back_end::script hello() {
        return {.opened = [](auto& one) { one.play(numbers(800)); },
                .heard =
                    [](auto& one, const boost::json::object& message) {
                        if (message.contains("dtmf")) one.close();
                    }};
    }

    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
};

} // namespace

TEST_F(gateway_early, greeting_is_there_when_the_call_arrives) {
    for (const char* shards : {"1", "3"}) {
        SCOPED_TRACE(shards);
        scripted_back_end bot(hello());
        gateway_to(bot, {"--shards", shards, "--require-context"});
        announce();
        ASSERT_TRUE(bot.wait_for(0, [](auto&) { return true; }));
        EXPECT_EQ(early("connections"), 1);
        expect_heard(converse({"--id", id, "--dtmf", "1"}), numbers(800));
        EXPECT_EQ(bot.requests(), 1U);
        EXPECT_EQ(early("used_total"), 1);
        EXPECT_EQ(early("connections"), 0);
        expect_event(R"("early_ms":)");
        EXPECT_EQ(stop(), 0) << server->err;
    }
}

TEST_F(gateway_early, call_that_arrives_during_the_handshake_goes_on_with_it) {
    std::promise<void> call_is_there;
    auto script = hello();
    script.decide = [arrived = call_is_there.get_future().share()](const ws::opening_request&) {
        arrived.wait();
        return ws::opening_answer{};
    };
    scripted_back_end bot(std::move(script));
    gateway_to(bot);
    announce();
    auto caller = std::async(std::launch::async, [this] { return converse({"--id", id, "--dtmf", "1"}); });
    expect_event(R"("event":"started")");
    call_is_there.set_value();
    expect_heard(caller.get(), numbers(800));
    EXPECT_EQ(bot.requests(), 1U);
    EXPECT_EQ(early("used_total"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_early, call_that_does_not_come_in_time_ends_it) {
    scripted_back_end bot(hello());
    gateway_to(bot, {"--context-timeout", "1"});
    announce();
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    EXPECT_TRUE(eventually([&] { return early("expired_total") == 1; }));
    expect_heard(converse({"--id", id, "--dtmf", "1"}), numbers(800)); // as any call
    EXPECT_EQ(bot.requests(), 2U);
    EXPECT_EQ(early("used_total"), 0);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_early, call_whose_early_back_end_is_lost_dials_as_any_other) {
    std::atomic<bool> refuses = true;
    auto script = hello();
    script.decide = [&](const ws::opening_request&) {
        return refuses ? ws::opening_answer{.status = 503, .text = "not yet"} : ws::opening_answer{};
    };
    scripted_back_end bot(std::move(script));
    gateway_to(bot);
    announce();
    EXPECT_TRUE(eventually([&] { return early("lost_total") == 1; }));
    EXPECT_TRUE(server->wait_for_errors("--dial-early: 1 ")) << server->err;
    EXPECT_EQ(bot.requests(), 2U);
    refuses = false;
    expect_heard(converse({"--id", id, "--dtmf", "1"}), numbers(800));
    EXPECT_EQ(bot.requests(), 3U);
    EXPECT_EQ(early("used_total"), 0);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_early, withdrawal_and_another_announcement_end_it) {
    scripted_back_end bot(hello());
    gateway_to(bot);
    announce();
    ASSERT_TRUE(bot.wait_for(0, [](auto&) { return true; })); // otherwise the bot may never see the first connection
    announce();
    ASSERT_TRUE(bot.wait_for(1, [](auto&) { return true; }));
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id + "/context").status, 200);
    ASSERT_TRUE(bot.wait_for(1, has_closed));
    EXPECT_EQ(early("withdrawn_total"), 2);
    EXPECT_EQ(early("connections"), 0);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_early, end_of_the_process_closes_what_waits) {
    for (const int signal : {SIGTERM, SIGINT}) {
        scripted_back_end bot(hello());
        gateway_to(bot);
        announce();
        ASSERT_TRUE(bot.wait_for(0, [](auto&) { return true; }));
        server->signal(signal);
        EXPECT_EQ(server->wait(), 0) << server->err;
        ASSERT_TRUE(bot.wait_for(0, has_closed));
    }
}

TEST_F(gateway_early, reload_leaves_what_waits_to_its_call) {
    scripted_back_end first(hello());
    scripted_back_end second;
    const auto settings = [&](const std::string& url) {
        std::ofstream(folder / "gateway.toml") << "dialect = \"pcm\"\nbackend = \"" << url << "\"\ndial-early = 1\n";
    };
    settings(first.url());
    gateway({"--config", (folder / "gateway.toml").string()});
    announce();
    ASSERT_TRUE(first.wait_for(0, [](auto&) { return true; }));
    settings(second.url());
    server->signal(SIGHUP);
    expect_event(R"("event":"reloaded")");
    expect_heard(converse({"--id", id, "--dtmf", "1"}), numbers(800));
    EXPECT_EQ(first.requests(), 1U);
    EXPECT_EQ(second.requests(), 0U);
    announce();
    ASSERT_TRUE(second.wait_for(0, [](auto&) { return true; }));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_early, without_an_admin_address_it_is_refused) {
    const auto refused = run({"gateway", "--dialect", "pcm", "--backend", "ws://127.0.0.1:1/", "--dial-early", "1"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("--dial-early: calls are announced at the admin address"), std::string::npos)
        << refused.err;
}
