// SPDX-License-Identifier: Apache-2.0
// Calls that were announced at the admin address before they arrived.
#include "gateway_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class gateway_contexts : public gateway_test {
  protected:
    http_answer announce(const std::string& what) const {
        return ask(admin, "PUT /calls/" + id, "Content-Type: application/json\r\n", what);
    }

    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
};

} // namespace

TEST_F(gateway_contexts, numbers_reach_the_back_end_in_address_header_and_start) {
    scripted_back_end bot({.heard = [](auto& one, const json::object& message) {
        if (message.at("event") != "start") return;
        one.say(R"({"event":"media","media":{"payload":"AAAA"}})"); // a back end that says nothing has failed
        one.close();
    }});
    gateway({"--dialect", "twilio", "--backend", bot.url("/{to}?caller={from}&x={none}"), "--header",
             "X-Language: {lang}"});
    const auto answer = announce(R"({"from":"+49 30/1","to":"100","lang":"de","vip":true})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("connect").as_string(), where);
    EXPECT_TRUE(converse({"--id", id}).hung_up());
    bot.with(0, [](auto& one) {
        EXPECT_EQ(one.asked.target, "/100?caller=%2B49%2030%2F1&x=");
        EXPECT_EQ(one.asked.header("X-Language"), "de");
        const auto& start = one.find("event", "start")->at("start").as_object();
        EXPECT_EQ(json::serialize(start.at("customParameters")),
                  R"({"lang":"de","vip":"true","from_number":"+49 30/1","to_number":"100"})");
        EXPECT_EQ(start.at("callSid"), "CA40325ec25efd4bd3805f53576e581d13");
    });
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_contexts, required_one_is_used_once_and_calls_without_are_hung_up) {
    scripted_back_end bot(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--require-context"});
    const auto stranger = converse();
    EXPECT_TRUE(stranger.hung_up()) << stranger.report;
    EXPECT_EQ(stranger.sounds(), 0U);
    EXPECT_EQ(announce("{}").status, 200);
    expect_heard(converse({"--id", id}), numbers(800));
    EXPECT_EQ(converse({"--id", id}).sounds(), 0U); // it was used
    EXPECT_EQ(bot.requests(), 1U);
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_calls_without_context_total"), 2);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_contexts, back_end_of_the_context_is_dialled_if_it_is_allowed) {
    scripted_back_end usual(plays(numbers(800)));
    scripted_back_end own(plays(numbers(1600)));
    gateway({"--dialect", "pcm", "--backend", usual.url(), "--allow-backend", own.url("/bots/"), "--on-failure",
             our_sound("sorry.wav", 400).string()});
    EXPECT_EQ(announce(R"({"backend":")" + own.url("/bots/7") + R"("})").status, 200);
    expect_heard(converse({"--id", id}), numbers(1600));
    own.with(0, [](auto& one) { EXPECT_EQ(one.asked.target, "/bots/7"); });
    const std::vector<std::string> refused{own.url("/others/7"), "ws://127.0.0.1:1/bots/7", "nonsense",
                                           own.url("/bots/../others"), own.url("/bots/%2E%2e/others")};
    for (const auto& url : refused) {
        SCOPED_TRACE(url);
        EXPECT_EQ(announce(R"({"backend":")" + url + R"("})").status, 200);
        expect_heard(converse({"--id", id}), negative(400));
    }
    EXPECT_EQ(own.requests(), 1U);
    EXPECT_EQ(usual.requests(), 0U);
    expect_heard(converse(), numbers(800)); // a call without a context has the default one
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_contexts, without_a_back_end_of_its_own_a_call_is_refused_where_there_is_no_usual_one) {
    scripted_back_end own(plays(numbers(800)));
    gateway(
        {"--dialect", "pcm", "--allow-backend", own.url("/"), "--on-failure", our_sound("sorry.wav", 400).string()});
    expect_heard(converse(), negative(400));
    EXPECT_EQ(announce(R"({"backend":")" + own.url("/") + R"("})").status, 200);
    expect_heard(converse({"--id", id}), numbers(800));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_contexts, hang_up_of_twilio_ends_the_call) {
    scripted_back_end bot({.opened = [](auto& one) { one.say("{}"); }});
    gateway({"--dialect", "twilio", "--backend", bot.url()});
    auto& caller = long_call();
    std::string call_sid;
    EXPECT_TRUE(bot.wait_for(0, [](auto& one) { return one.find("event", "start") != nullptr; }));
    bot.with(0, [&](auto& one) {
        call_sid = std::string(one.find("event", "start")->at("start").at("callSid").as_string());
    });
    const auto hang_up = [&] {
        return ask(admin, "POST /2010-04-01/Accounts/AC1/Calls/" + call_sid + ".json",
                   "Content-Type: application/x-www-form-urlencoded\r\n", "Status=completed");
    };
    EXPECT_EQ(hang_up().status, 200);
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_NE(caller.out.find("peer hung up"), std::string::npos) << caller.out;
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    bot.with(0, [](auto& one) {
        EXPECT_EQ(one.closed->code, 1000);
        EXPECT_EQ(one.texts.back().at("event"), "stop");
    });
    EXPECT_TRUE(eventually([&] { return hang_up().status == 404; }));
    EXPECT_EQ(stop(), 0) << server->err;
}
