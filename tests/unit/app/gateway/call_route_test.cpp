// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_route.hpp"

#include "base/failure.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::app::gateway;
using namespace std::chrono_literals;
using audiosocket::gateway::key_place;

namespace {

class call_route_test : public ::testing::Test {
  protected:
    call_route_test() {
        plan.dialect = &traits;
        plan.back_ends = {"ws://one.example/{to}", "wss://two.example:444/"};
        context.to = "100";
    }

    call_route route() const { return {plan, context}; }

    audiosocket::gateway::dialect_traits traits{"test", "nothing", "media"};
    gateway_plan plan;
    audiosocket::gateway::call_context context;
    const time_point now{1h};
};

} // namespace

TEST_F(call_route_test, each_back_end_is_tried_twice_with_a_pause_before_the_second_time) {
    auto r = route();
    std::vector<std::string> names;
    for (; r.has_next(); r.failed(now))
        names.push_back(r.next().url.host + (r.pause() > 0ms ? " later" : "") + (r.is_fallback() ? " fallback" : ""));
    EXPECT_EQ(names, (std::vector<std::string>{"one.example", "one.example later", "two.example fallback",
                                               "two.example later fallback"}));
}

TEST_F(call_route_test, address_and_subprotocol_are_those_of_the_call) {
    const auto first = route().next();
    EXPECT_EQ(first.url.target, "/100");
    EXPECT_EQ(first.subprotocol, "media");
    EXPECT_FALSE(first.url.tls);
}

TEST_F(call_route_test, back_end_that_has_served_begins_again_with_two_tries) {
    auto r = route();
    r.failed(now);
    r.connected(now);
    r.failed(now + call_route::proven_after);
    EXPECT_EQ(r.next().url.host, "one.example");
    EXPECT_EQ(r.pause(), 0ms);
    r.connected(now);
    r.failed(now + 1s); // not proven
    r.failed(now + 2s);
    EXPECT_EQ(r.next().url.host, "two.example");
}

// The first address was dialled again and again, and the second one never.
TEST_F(call_route_test, back_end_that_hangs_has_not_served_however_late_that_is_noticed) {
    auto r = route();
    for (int tries = 0; tries < 2; ++tries) {
        EXPECT_EQ(r.next().url.host, "one.example");
        r.connected(now);
        r.failed(now); // the time of its last message
    }
    EXPECT_EQ(r.next().url.host, "two.example");
}

TEST_F(call_route_test, back_end_of_the_context_takes_the_place_of_the_first_if_it_is_allowed) {
    context.parameters["backend"] = "ws://own.example/x";
    EXPECT_EQ(route().next().url.host, "one.example"); // nothing is allowed: it is an ordinary parameter
    plan.allowed_back_ends = {"ws://own.example/"};
    EXPECT_EQ(route().next().url.host, "own.example");
    context.parameters["backend"] = "ws://evil.example/x";
    EXPECT_THROW(route(), failure);
}

TEST_F(call_route_test, key_goes_where_the_dialect_has_it) {
    plan.key = "K";
    const auto first_header = [&](key_place place) {
        traits.key = place;
        const auto to = route().next();
        return to.headers.empty() ? to.url.target : to.headers[0].first + ": " + to.headers[0].second;
    };
    EXPECT_EQ(first_header(key_place::bearer), "Authorization: Bearer K");
    EXPECT_EQ(first_header(key_place::token), "Authorization: Token K");
    EXPECT_EQ(first_header(key_place::xi_key), "xi-api-key: K");
    EXPECT_EQ(first_header(key_place::query), "/100?key=K");
    traits.key = key_place::query;
    EXPECT_EQ(route().name().find('K'), std::string::npos) << route().name();
}

TEST_F(call_route_test, value_of_the_context_cannot_lead_out_of_the_path) {
    plan.allowed_back_ends = {"ws://own.example/bots/"};
    for (const std::string path : {"..", "../x", "a/../../x", "%2e%2E/x", ".%2e?y"}) {
        context.parameters["backend"] = "ws://own.example/bots/" + path;
        EXPECT_THROW(route(), failure) << path;
    }
    for (const std::string path : {"", "...", "a..b", "x?y=/../"}) {
        context.parameters["backend"] = "ws://own.example/bots/" + path;
        EXPECT_EQ(route().next().url.target, "/bots/" + path);
    }
    context.parameters.clear();
    plan.back_ends = {"ws://one.example/a/{to}/b"};
    context.to = "..";
    EXPECT_THROW(route(), failure);
}

TEST_F(call_route_test, value_of_the_context_cannot_choose_another_host) {
    plan.back_ends = {"ws://{to}.example/"};
    context.to = "evil.test/";
    EXPECT_THROW(route(), failure);
}
