// SPDX-License-Identifier: Apache-2.0
// Functions that a back end asks for, and the answers that it gets.
#include "gateway/tool_calls.hpp"

#include "support/web_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <latch>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using app::gateway::tool_calls;
using app::gateway::tool_plan;
using app::gateway::tool_result;
namespace json = boost::json;
namespace ws = app::websocket;

namespace {

class functions : public testing::Test {
  protected:
    void use(const std::string& url, std::chrono::milliseconds timeout = raw_peer::patience) {
        plan_.hook = {.url = url, .secret = "key", .tls = {}, .timeout = timeout};
    }

    tool_calls& tools() {
        if (!tools_) {
            gateway::call_context context;
            context.from = "+4930";
            context.to = "100";
            context.parameters = {{"lang", "de"}};
            tools_ = std::make_shared<tool_calls>(io_.get_executor(), plan_, context, [this] { ++heard_; });
        }
        return *tools_;
    }

    tool_result next() {
        const auto limit = std::chrono::steady_clock::now() + raw_peer::patience;
        io_.restart();
        while (true) {
            if (auto result = tools().take()) return *std::move(result);
            if (io_.run_one_until(limit) == 0) break;
        }
        ADD_FAILURE() << "no result";
        return {};
    }

    void run_out() {
        io_.restart();
        io_.run();
    }

    boost::asio::io_context io_{1};
    tool_plan plan_;
    int heard_ = 0;
    std::shared_ptr<tool_calls> tools_;
};

} // namespace

TEST_F(functions, function_is_posted_and_its_answer_is_the_result) {
    web_server server([](const auto&) { return web_server::answer{200, R"({"price": 3})"}; });
    use(server.url("/{to}/tool"));
    tools().call("call-7", "price", R"({"item":"bread"})");
    EXPECT_FALSE(tools().take());
    const auto result = next();
    EXPECT_EQ(result.id, "call-7");
    EXPECT_EQ(result.name, "price");
    EXPECT_EQ(result.answer.text, R"({"price": 3})");
    EXPECT_FALSE(result.answer.is_error);
    EXPECT_EQ(heard_, 1);
    EXPECT_EQ(*plan_.in_progress, 0U);

    const auto asked = server.requests(1).front();
    EXPECT_EQ(asked.target, "/100/tool");
    EXPECT_EQ(asked.field("X-AudioSocket-Signature"), "sha256=" + ws::hmac_sha256("key", asked.body));
    auto body = json::parse(asked.body).as_object();
    EXPECT_TRUE(body.at("time").is_string());
    EXPECT_EQ(body.at("call"), json::parse(R"({"id":"00000000-0000-0000-0000-000000000000","from":"+4930","to":"100",
                              "parameters":{"lang":"de"}})"));
    EXPECT_EQ(body.at("tool"), json::parse(R"({"id":"call-7","name":"price","arguments":{"item":"bread"}})"));
}

TEST_F(functions, arguments_that_are_not_json_are_text) {
    web_server server;
    use(server.url());
    tools().call("1", "f", "not {json");
    EXPECT_EQ(next().answer.text, "");
    EXPECT_EQ(json::parse(server.requests(1)[0].body).at("tool").at("arguments"), "not {json");
}

TEST_F(functions, other_status_is_an_error_with_its_text) {
    web_server server([](const auto&) { return web_server::answer{404, "no such order"}; });
    use(server.url());
    tools().call("1", "f", "{}");
    const auto result = next();
    EXPECT_TRUE(result.answer.is_error);
    EXPECT_EQ(result.answer.text, "the function failed with HTTP 404: no such order");
}

TEST_F(functions, long_page_of_an_error_is_left_out) {
    web_server server([](const auto&) { return web_server::answer{500, std::string(301, 'x')}; });
    use(server.url());
    tools().call("1", "f", "{}");
    EXPECT_EQ(next().answer.text, "the function failed with HTTP 500");
}

TEST_F(functions, answer_that_is_not_utf8_is_an_error) {
    web_server server([](const auto&) { return web_server::answer{200, "\xff\xfe"}; });
    use(server.url());
    tools().call("1", "f", "{}");
    const auto result = next();
    EXPECT_TRUE(result.answer.is_error);
    EXPECT_EQ(result.answer.text, "the function's answer is not text in UTF-8");
}

TEST_F(functions, server_that_does_not_answer_in_time_is_an_error) {
    std::latch go_on(1);
    web_server server([&](const auto&) {
        go_on.wait();
        return web_server::answer();
    });
    use(server.url(), 50ms);
    tools().call("1", "f", "{}");
    const auto result = next();
    EXPECT_TRUE(result.answer.is_error);
    EXPECT_NE(result.answer.text.find("did not come within 0.05 s"), std::string::npos) << result.answer.text;
    go_on.count_down();
}

TEST_F(functions, function_without_a_server_fails_but_not_within_the_call) {
    tools().call("1", "f", "{}");
    EXPECT_FALSE(tools().take());
    EXPECT_EQ(heard_, 0);
    const auto result = next();
    EXPECT_TRUE(result.answer.is_error);
    EXPECT_EQ(result.id, "1");
    EXPECT_EQ(result.name, "f");
    EXPECT_NE(result.answer.text.find("--tool-url"), std::string::npos) << result.answer.text;
    EXPECT_EQ(heard_, 1);
}

TEST_F(functions, cancelled_function_has_no_result) {
    std::latch go_on(1);
    web_server server([&](const auto& asked) {
        if (asked.body.find("\"slow\"") != std::string::npos) go_on.wait();
        return web_server::answer{200, "done"};
    });
    use(server.url());
    tools().call("1", "slow", "{}");
    tools().call("2", "quick", "{}");
    EXPECT_EQ(next().id, "2");
    tools().cancel("1");
    tools().cancel("no such function");
    go_on.count_down();
    run_out();
    EXPECT_FALSE(tools().take());
    EXPECT_EQ(*plan_.in_progress, 0U);
}

TEST_F(functions, another_back_end_gets_no_results_of_the_first) {
    web_server server;
    use(server.url());
    tools().call("1", "f", "{}");
    for (std::size_t i = 1; i < tool_calls::calls_max; ++i)
        tools().call("more", "f", "{}");
    tools().call("one too many", "f", "{}"); // its error is on its way
    tools().forget_all();
    run_out();
    EXPECT_FALSE(tools().take());
    EXPECT_EQ(*plan_.in_progress, 0U);
    tools().call("2", "f", "{}");
    EXPECT_EQ(next().id, "2");
}

TEST_F(functions, number_in_a_call_is_bounded) {
    std::latch go_on(1);
    web_server server([&](const auto&) {
        go_on.wait();
        return web_server::answer();
    });
    use(server.url());
    for (std::size_t i = 0; i < tool_calls::calls_max; ++i)
        tools().call(std::to_string(i), "f", "{}");
    tools().call("one too many", "f", "{}");
    const auto refused = next();
    EXPECT_EQ(refused.id, "one too many");
    EXPECT_TRUE(refused.answer.is_error);
    EXPECT_NE(refused.answer.text.find("16 functions are in progress in this call"), std::string::npos)
        << refused.answer.text;
    go_on.count_down();
    for (std::size_t i = 0; i < tool_calls::calls_max; ++i)
        EXPECT_FALSE(next().answer.is_error);
}

TEST_F(functions, number_in_all_calls_is_bounded) {
    web_server server;
    use(server.url());
    *plan_.in_progress = tool_calls::all_calls_max;
    tools().call("1", "f", "{}");
    EXPECT_NE(next().answer.text.find("256 functions are in progress"), std::string::npos);
    --*plan_.in_progress;
    tools().call("2", "f", "{}");
    EXPECT_FALSE(next().answer.is_error);
    *plan_.in_progress = 0;
}

TEST_F(functions, recorded_answers_take_the_place_of_the_web_server) {
    web_server server;
    use(server.url());
    int left = 1;
    plan_.recorded = [&](std::string_view name) -> std::optional<app::gateway::tool_answer> {
        if (left-- > 0) return app::gateway::tool_answer{"recorded for " + std::string(name), false};
        return std::nullopt;
    };
    tools().call("1", "price", "{}");
    EXPECT_FALSE(tools().take()); // not within the call
    EXPECT_EQ(next().answer.text, "recorded for price");
    tools().call("2", "price", "{}");
    EXPECT_TRUE(next().answer.is_error);
    EXPECT_EQ(server.requests(0).size(), 0U);
}
