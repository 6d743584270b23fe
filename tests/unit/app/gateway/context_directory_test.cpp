// SPDX-License-Identifier: Apache-2.0
#include "gateway/context_directory.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <map>

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

    static admin::response announce(context_directory& calls, const admin::announcement& what) {
        admin::response answer;
        calls.announce(what, [&](admin::response one) { answer = std::move(one); });
        return answer;
    }

    static admin::announcement announcement(const std::string& body, const std::string& connect = "10.0.0.7:9092") {
        return {id, "application/json", body, connect};
    }

    time_point now_{100h};
};

// Stands in for the store of a cluster; the test is the other nodes.
class shared_store final : public app::directory::store {
  public:
    struct world {
        handlers on;
        std::map<std::string, std::string> bucket;
    };
    explicit shared_store(world& w) : world_(w) {}
    void start(handlers on) override {
        world_.on = std::move(on);
        world_.on.connected(10min);
        world_.on.snapshot_complete();
    }
    void write(const std::string& key, const std::optional<std::string>& value) override {
        if (value) world_.bucket[key] = *value;
    }
    void fetch(const std::string&, std::function<void(std::optional<std::string>)> done) override { done({}); }
    void stop() override {}
    bool is_shared() const noexcept override { return true; }

  private:
    world& world_;
};

// A directory of one node of a cluster, whose other node is b.
class shared_directory : public directory {
  protected:
    shared_directory() {
        node_ = std::make_shared<app::directory::cluster_node>(
            app::directory::cluster_node::options{"a", "nats://x", 15s,
                                                  [this] { return std::make_unique<shared_store>(world_); }},
            [this] { return now_; });
        calls_ = std::make_unique<context_directory>(
            context_registry_options{}, std::nullopt, [this] { return now_; }, node_);
        node_->start("a:9092", "", {});
    }

    void write(const std::string& key, const std::string& value) { world_.on.changed({key, value, ++revision_}); }
    void write_b() {
        using namespace app::directory;
        write("node/b=00000001", to_value(node_facts{node_state::ready, "b:9092", "", 0, 100, 0, 0, 15s}));
    }
    void announce(const std::string& body) {
        const auto n = answers_.size();
        answers_.emplace_back();
        calls_->announce(announcement(body), [this, n](const admin::response& one) { answers_[n] = one; });
    }

    shared_store::world world_;
    std::shared_ptr<app::directory::cluster_node> node_;
    std::unique_ptr<context_directory> calls_;
    std::vector<admin::response> answers_;
    std::uint64_t revision_ = 0;
};

const auto context_key = app::directory::member::context_key(id);

} // namespace

TEST_F(shared_directory, context_of_another_node_that_cannot_be_read_is_no_context) {
    int announced = 0;
    calls_->on_change([&](const gateway::call_context&) { ++announced; }, [](const uuid&) {});
    write(context_key, to_value(app::directory::context_entry{node_->id(), false, false, "not JSON"}));
    EXPECT_EQ(announced, 0);
    EXPECT_FALSE(calls_->take(id));
}

TEST_F(shared_directory, announcement_that_no_node_confirms_is_answered_503) {
    node_->report(false, 100, 100, 0); // full
    write_b();
    announce("{}");
    now_ += 800ms;
    world_.on.idle();
    EXPECT_EQ(answers_.at(0).status, 503U);
}

TEST_F(shared_directory, announcement_that_is_repeated_is_answered_with_the_confirmation) {
    node_->report(false, 100, 100, 0);
    write_b();
    announce("{}");
    announce("{}");
    EXPECT_EQ(answers_.at(0).status, 503U);
    write(context_key, to_value(app::directory::context_entry{"b=00000001", true, false, "{}"}));
    EXPECT_EQ(answers_.at(1).status, 200U);
    EXPECT_NE(answers_.at(1).body.find("b:9092"), std::string::npos) << answers_.at(1).body;
}

TEST_F(directory, announced_call_takes_what_is_known_of_it_once) {
    const auto calls = make();
    const auto answer = announce(*calls, announcement(R"({"from":"1","language":"de"})"));
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
    announce(*calls, announcement("not JSON"));
    EXPECT_EQ(calls->remove(id), false);
    EXPECT_TRUE(reported.empty());
    announce(*calls, announcement(R"({"from":"1"})"));
    EXPECT_EQ(calls->remove(id), true);
    EXPECT_EQ(reported, (std::vector<std::string>{to_string(id) + " from 1", to_string(id) + " withdrawn"}));
}

TEST_F(directory, call_that_comes_too_late_finds_nothing) {
    const auto calls = make({.lifetime = 5s});
    announce(*calls, announcement("{}"));
    now_ += 5s;
    EXPECT_FALSE(calls->take(id));
    EXPECT_EQ(calls->counts().expired, 1U);
}

TEST_F(directory, advertised_address_goes_before_what_was_seen) {
    const auto calls = make({}, address{"gateway.example", 9092});
    for (const char* seen : {"10.0.0.7:9092", ""})
        EXPECT_EQ(boost::json::parse(announce(*calls, announcement("{}", seen)).body).at("connect").as_string(),
                  "gateway.example:9092");
}

TEST_F(directory, address_that_is_not_known_is_an_error) {
    const auto calls = make();
    const auto answer = announce(*calls, announcement("{}", ""));
    EXPECT_EQ(answer.status, 500U);
    EXPECT_NE(answer.body.find("--advertise"), std::string::npos);
    EXPECT_FALSE(calls->find(id));
}

TEST_F(directory, refusal_says_why) {
    const auto calls = make({.entries_max = 1, .context_bytes_max = 20});
    EXPECT_EQ(calls->body_bytes_max(), 20U);
    const auto wrong = announce(*calls, announcement("{\"from\"}"));
    EXPECT_EQ(wrong.status, 400U);
    EXPECT_NE(wrong.body.find("line 1, column"), std::string::npos) << wrong.body;
    auto form = announcement("a=%22%22%22%22%22%22"); // longer as JSON
    form.type = "application/x-www-form-urlencoded";
    EXPECT_EQ(announce(*calls, form).status, 200U);
    form.body = "a=%22%22%22%22%22%22%22%22";
    EXPECT_EQ(announce(*calls, form).status, 413U);
    auto other = announcement("{}");
    other.id = uuid{};
    const auto full = announce(*calls, other);
    EXPECT_EQ(full.status, 503U);
    EXPECT_NE(full.body.find("1 calls were announced"), std::string::npos) << full.body;
    EXPECT_EQ(calls->counts().refused, 2U);
}

// It was answered 503, so the dialplan tried other servers, which refuse it as well.
TEST_F(directory, too_large_announcement_is_answered_413_also_where_no_call_is_accepted) {
    const auto calls = make({.context_bytes_max = 20});
    const auto announce_elsewhere = [&](const std::string& body) {
        admin::response answer;
        calls->announce_elsewhere(announcement(body), "full: 1 calls in progress", [&](auto one) { answer = one; });
        return answer;
    };
    EXPECT_EQ(announce_elsewhere(R"({"from":"0123456789"})").status, 413U);
    const auto full = announce_elsewhere("{}");
    EXPECT_EQ(full.status, 503U);
    EXPECT_NE(full.body.find("full: 1 calls"), std::string::npos) << full.body;
}

TEST_F(directory, announcements_are_handed_over_with_their_age) {
    const auto before = make({.lifetime = 60s});
    announce(*before, announcement(R"({"from":"1"})"));
    now_ += 50s;
    const auto handed_over = before->hand_over();
    ASSERT_EQ(handed_over.size(), 1U);
    EXPECT_EQ(announce(*before, announcement(R"({"from":"2"})")).status, 503U); // it would be lost
    EXPECT_TRUE(before->take(id));                                              // a call that still arrives there

    const auto after = make({.lifetime = 60s});
    after->inherit_begins();
    EXPECT_TRUE(after->inherit(handed_over[0]));
    EXPECT_FALSE(after->inherit({uuid{}, "not JSON", 1s}));
    after->inherit_ends();
    now_ += 9s;
    EXPECT_EQ(after->find(id), R"({"from":"1"})");
    now_ += 1s;
    EXPECT_FALSE(after->take(id));
}

// The successor accepts calls a moment before it has the announcements.
TEST_F(directory, call_that_arrives_before_its_announcement_is_handed_over_waits_for_it) {
    const auto calls = make();
    calls->inherit_begins();
    EXPECT_FALSE(calls->take(id));
    std::vector<std::string> fetched;
    const auto fetch = [&] {
        return calls->fetch(id, [&](const auto& one) { fetched.push_back(one ? one->from : "none"); });
    };
    EXPECT_TRUE(fetch());
    EXPECT_TRUE(fetch()); // a second call with this id
    EXPECT_TRUE(calls->inherit({id, R"({"from":"1"})", 1s}));
    EXPECT_TRUE(fetched.empty());
    calls->inherit_ends();
    EXPECT_EQ(fetched, (std::vector<std::string>{"1", "none"}));
    EXPECT_FALSE(fetch());
    EXPECT_EQ(calls->counts().entries, 0U);
}

TEST_F(directory, call_does_not_wait_for_a_predecessor_that_sends_nothing) {
    const auto node = std::make_shared<app::directory::cluster_node>(app::directory::cluster_node::options{"a", {}},
                                                                     [this] { return now_; });
    context_directory calls(
        {}, std::nullopt, [this] { return now_; }, node);
    node->start("a:9092", "", {});
    calls.inherit_begins();
    bool gone = false;
    EXPECT_TRUE(calls.fetch(id, [&](const auto& one) { gone = !one; }));
    now_ += 1s;
    node->report(false, 0, 100, 0); // each second
    EXPECT_TRUE(gone);
    EXPECT_FALSE(calls.inherit({id, "{}", 2s})); // too late: its call has arrived
    EXPECT_TRUE(calls.inherit({uuid{}, "{}", 2s}));
    calls.inherit_ends();
    EXPECT_EQ(calls.counts().entries, 1U);
}

TEST_F(directory, announcement_that_was_handed_over_is_not_removed_from_the_copies) {
    const auto calls = make();
    announce(*calls, announcement("{}"));
    EXPECT_EQ(calls->hand_over().size(), 1U);
    EXPECT_EQ(calls->remove(id), std::nullopt);
    EXPECT_TRUE(calls->find(id));
}

// The predecessor sends what it had before that.
TEST_F(directory, call_that_was_announced_and_used_here_meanwhile_is_not_inherited) {
    const auto used = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d14");
    const auto calls = make();
    calls->inherit_begins();
    auto what = announcement("{}");
    announce(*calls, what);
    EXPECT_EQ(calls->remove(id), true);
    what.id = used;
    announce(*calls, what);
    EXPECT_TRUE(calls->take(used));
    EXPECT_FALSE(calls->inherit({id, "{}", 1s}));
    EXPECT_FALSE(calls->inherit({used, "{}", 1s}));
    calls->inherit_ends();
    EXPECT_EQ(calls->counts().entries, 0U);
}

TEST_F(shared_directory, announcement_that_was_taken_over_is_one_of_this_node) {
    calls_->inherit_begins();
    bool found = false;
    EXPECT_TRUE(calls_->fetch(id, [&](const auto& one) { found = one.has_value(); }));
    EXPECT_TRUE(calls_->inherit({id, R"({"from":"1"})", 50s}));
    calls_->inherit_ends();
    EXPECT_TRUE(found);
    EXPECT_TRUE(calls_->inherit({id, R"({"from":"1"})", 50s}));
    EXPECT_EQ(world_.bucket.at(context_key),
              to_value(app::directory::context_entry{node_->id(), true, false, R"({"from":"1"})"}));
    now_ += 10s;
    world_.on.idle(); // it has expired
    EXPECT_FALSE(calls_->take(id));
}
