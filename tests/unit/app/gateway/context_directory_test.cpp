// SPDX-License-Identifier: Apache-2.0
#include "gateway/context_directory.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using app::gateway::context_directory;
namespace admin = app::admin;
using namespace std::chrono_literals;

namespace {

const uuid id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

// A directory and its clock.
class directory : public testing::Test {
  protected:
    std::unique_ptr<context_directory> make(const context_registry_options& options = {},
                                            std::optional<address> advertise = {}) {
        return std::make_unique<context_directory>(options, std::move(advertise), [this] { return now_; });
    }

    static admin::announcement announcement(const std::string& body, const std::string& connect = "10.0.0.7:9092") {
        return {id, "application/json", body, connect};
    }

    time_point now_{100h};
};

} // namespace

TEST_F(directory, announced_call_takes_what_is_known_of_it_once) {
    const auto calls = make();
    const auto answer = calls->announce(announcement(R"({"from":"1","language":"de"})"));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "{\"connect\":\"10.0.0.7:9092\",\"expires_in_seconds\":60}\n");
    EXPECT_EQ(calls->find(id), R"({"from":"1","language":"de"})");
    const auto context = calls->take(id);
    ASSERT_TRUE(context);
    EXPECT_EQ(context->id, id);
    EXPECT_EQ(context->from, "1");
    EXPECT_EQ(context->parameters.at("language"), "de");
    EXPECT_FALSE(calls->take(id));
    EXPECT_FALSE(calls->find(id));
    EXPECT_EQ(calls->counts().taken, 1U);
}

TEST_F(directory, announcements_and_withdrawals_are_reported) {
    const auto calls = make();
    std::vector<std::string> reported;
    calls->on_change(
        [&](const gateway::call_context& one) { reported.push_back(to_string(one.id) + " from " + one.from); },
        [&](const uuid& one) { reported.push_back(to_string(one) + " withdrawn"); });
    calls->announce(announcement("not JSON"));
    EXPECT_FALSE(calls->remove(id));
    EXPECT_TRUE(reported.empty());
    calls->announce(announcement(R"({"from":"1"})"));
    EXPECT_TRUE(calls->remove(id));
    EXPECT_EQ(reported, (std::vector<std::string>{to_string(id) + " from 1", to_string(id) + " withdrawn"}));
}

TEST_F(directory, call_that_comes_too_late_finds_nothing) {
    const auto calls = make({.lifetime = 5s});
    calls->announce(announcement("{}"));
    now_ += 5s;
    EXPECT_FALSE(calls->take(id));
    EXPECT_EQ(calls->counts().expired, 1U);
}

TEST_F(directory, advertised_address_goes_before_what_was_seen) {
    const auto calls = make({}, address{"gateway.example", 9092});
    for (const char* seen : {"10.0.0.7:9092", ""})
        EXPECT_EQ(boost::json::parse(calls->announce(announcement("{}", seen)).body).at("connect").as_string(),
                  "gateway.example:9092");
}

TEST_F(directory, address_that_is_not_known_is_an_error) {
    const auto calls = make();
    const auto answer = calls->announce(announcement("{}", ""));
    EXPECT_EQ(answer.status, 500U);
    EXPECT_NE(answer.body.find("--advertise"), std::string::npos);
    EXPECT_FALSE(calls->find(id));
}

TEST_F(directory, refusal_says_why) {
    const auto calls = make({.entries_max = 1, .context_bytes_max = 20});
    EXPECT_EQ(calls->body_bytes_max(), 20U);
    const auto wrong = calls->announce(announcement("{\"from\"}"));
    EXPECT_EQ(wrong.status, 400U);
    EXPECT_NE(wrong.body.find("line 1, column"), std::string::npos) << wrong.body;
    auto form = announcement("a=%22%22%22%22%22%22"); // longer as JSON
    form.type = "application/x-www-form-urlencoded";
    EXPECT_EQ(calls->announce(form).status, 200U);
    form.body = "a=%22%22%22%22%22%22%22%22";
    EXPECT_EQ(calls->announce(form).status, 413U);
    auto other = announcement("{}");
    other.id = uuid{};
    const auto full = calls->announce(other);
    EXPECT_EQ(full.status, 503U);
    EXPECT_NE(full.body.find("1 calls were announced"), std::string::npos) << full.body;
    EXPECT_EQ(calls->counts().refused, 2U);
}
