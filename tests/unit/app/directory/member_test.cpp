// SPDX-License-Identifier: Apache-2.0
// The rules of one node; tests/sim has those of a whole cluster.
#include "directory/member.hpp"

#include <gtest/gtest.h>

#include <map>

using namespace audiosocket;
using namespace audiosocket::app::directory;
using namespace std::chrono_literals;

namespace {

const uuid call_id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

// A node "a", its clock, and what it has written.
class directory_member : public testing::Test {
  protected:
    directory_member() { report(); }

    void report(std::size_t calls = 0, node_state state = node_state::ready) {
        node_facts f;
        f.state = state;
        f.calls = calls;
        f.calls_max = 100;
        a.report(f, now);
        drive();
    }

    void connect() {
        a.connected(10min, now);
        for (const auto& [key, value] : bucket)
            a.apply({key, value, ++revision}, now);
        a.snapshot_complete(now);
        drive();
    }

    // Another node writes.
    void write(const std::string& key, std::optional<std::string> value) {
        if (value)
            bucket[key] = *value;
        else
            bucket.erase(key);
        a.apply({key, std::move(value), ++revision}, now);
        drive();
    }
    void write_b(node_state state = node_state::ready) {
        write("node/b=00000001", to_value(node_facts{state, "b:9092", "", 0, 100, 0, 0, 15s}));
    }

    // Performs the actions, and echoes writes as the directory does.
    void drive() {
        while (const auto one = a.next(now)) {
            if (const auto* w = std::get_if<member::write>(&*one)) {
                if (w->value)
                    bucket[w->key] = *w->value;
                else
                    bucket.erase(w->key);
                if (echoes) a.apply({w->key, w->value, ++revision}, now);
            } else if (const auto* p = std::get_if<member::placed>(&*one)) {
                placed.push_back(p->connect);
            } else if (std::holds_alternative<member::announced>(*one)) {
                ++announced;
            } else if (const auto* e = std::get_if<member::end_call>(&*one)) {
                ended.push_back(std::string(name_of(e->by)));
            }
        }
    }

    void later(std::chrono::milliseconds time) {
        now += time;
        a.poll(now);
        drive();
    }

    std::string state_of_b() const {
        for (const auto& n : a.nodes(now))
            if (name_of(n.node) == "b") return std::string(name(n.facts.state));
        return "gone";
    }

    time_point now{100h};
    std::map<std::string, std::string> bucket;
    std::uint64_t revision = 0;
    bool echoes = true;
    std::vector<std::string> placed;
    std::vector<std::string> ended;
    int announced = 0;
    context_registry contexts;
    member a{{make_node_id("a", 1), "a:9092", "", 15s, {}, false}, &contexts};
};

} // namespace

TEST_F(directory_member, announced_call_is_answered_when_the_directory_has_its_context) {
    connect();
    echoes = false;
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::later);
    drive();
    EXPECT_EQ(announced, 1);
    ASSERT_TRUE(bucket.contains(member::context_key(call_id)));
    EXPECT_TRUE(placed.empty());
    a.apply({member::context_key(call_id), bucket.at(member::context_key(call_id)), ++revision}, now);
    drive();
    EXPECT_EQ(placed, std::vector<std::string>{"a:9092"});
    EXPECT_EQ(a.take(call_id, now), "{}");
    drive();
    EXPECT_FALSE(bucket.contains(member::context_key(call_id)));
}

TEST_F(directory_member, slow_directory_delays_an_answer_by_300_ms_at_most) {
    connect();
    echoes = false;
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::later);
    later(299ms);
    EXPECT_TRUE(placed.empty());
    later(1ms);
    EXPECT_EQ(placed, std::vector<std::string>{"a:9092"});
}

TEST_F(directory_member, without_a_directory_calls_come_here) {
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::here);
    drive();
    EXPECT_TRUE(bucket.empty());
    connect();
    EXPECT_TRUE(bucket.contains(member::context_key(call_id))); // it is written when the directory is there
}

TEST_F(directory_member, draining_node_takes_what_no_other_node_takes_while_it_accepts_calls) {
    report(0, node_state::draining);
    EXPECT_EQ(a.announce(uuid::random(), "{}", now), member::placement::here);
    EXPECT_EQ(a.announce(uuid::random(), "{}", now, false), member::placement::nowhere);
    connect();
    write_b();
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::later);
    later(800ms);
    EXPECT_EQ(placed, std::vector<std::string>{"a:9092"});
    EXPECT_EQ(a.announce(call_id, "{}", now, false), member::placement::later);
    later(800ms);
    EXPECT_EQ(placed.back(), "");
}

TEST_F(directory_member, full_node_names_another_after_its_confirmation) {
    connect();
    write_b();
    report(100, node_state::full);
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::later);
    drive();
    EXPECT_TRUE(placed.empty());
    write(member::context_key(call_id), to_value(context_entry{"b=00000001", true, false, "{}"}));
    EXPECT_EQ(placed, std::vector<std::string>{"b:9092"});
    EXPECT_EQ(a.counts().sent_away, 1U);
    EXPECT_EQ(announced, 0);
}

TEST_F(directory_member, node_that_does_not_confirm_or_refuses_is_not_named) {
    connect();
    write_b();
    report(100, node_state::full);
    a.announce(call_id, "{}", now);
    later(800ms);
    EXPECT_EQ(placed, std::vector<std::string>{""});
    const auto late = parse_context(bucket.at(member::context_key(call_id)));
    EXPECT_TRUE(late->refused); // so b does not take it when it comes back
    EXPECT_EQ(late->home, "b=00000001");
    a.announce(call_id, "{}", now);
    drive();
    write(member::context_key(call_id), to_value(context_entry{"b=00000001", false, true, ""}));
    EXPECT_EQ(placed.size(), 2U);
    EXPECT_EQ(a.counts().unconfirmed, 2U);
}

TEST_F(directory_member, call_announced_elsewhere_for_this_node_is_held_and_confirmed) {
    connect();
    write(member::context_key(call_id), to_value(context_entry{"a=00000001", false, false, "{\"x\":1}"}));
    EXPECT_EQ(announced, 1);
    EXPECT_TRUE(parse_context(bucket.at(member::context_key(call_id)))->held);
    EXPECT_EQ(a.take(call_id, now), "{\"x\":1}");
}

TEST_F(directory_member, call_announced_elsewhere_again_is_confirmed_again) {
    connect();
    for (int n = 0; n < 2; ++n) {
        write(member::context_key(call_id), to_value(context_entry{"a=00000001", false, false, "{}"}));
        EXPECT_TRUE(parse_context(bucket.at(member::context_key(call_id)))->held);
    }
    EXPECT_EQ(announced, 1);
}

TEST_F(directory_member, full_or_draining_node_refuses_what_was_announced_elsewhere) {
    connect();
    for (const auto state : {node_state::full, node_state::draining}) {
        report(state == node_state::full ? 100 : 0, state);
        write(member::context_key(call_id), to_value(context_entry{"a=00000001", false, false, "{}"}));
        EXPECT_TRUE(parse_context(bucket.at(member::context_key(call_id)))->refused);
    }
    EXPECT_EQ(announced, 0);
}

TEST_F(directory_member, silent_node_is_away_and_then_gone_with_its_calls_and_comes_back_with_them) {
    connect();
    write_b();
    write("call/b=00000001/" + to_string(call_id), to_value(call_entry{"p:1", 0}));
    EXPECT_EQ(state_of_b(), "ready");
    later(10'001ms);
    EXPECT_EQ(state_of_b(), "away");
    EXPECT_EQ(a.find_elsewhere(call_id, now).size(), 1U);
    later(5s);
    EXPECT_EQ(state_of_b(), "gone");
    EXPECT_TRUE(a.find_elsewhere(call_id, now).empty());
    write_b();
    EXPECT_EQ(state_of_b(), "ready");
    EXPECT_EQ(a.find_elsewhere(call_id, now).size(), 1U);
}

TEST_F(directory_member, node_of_the_snapshot_gets_no_calls_before_it_gave_a_sign_of_life) {
    bucket["node/b=00000001"] = to_value(node_facts{node_state::ready, "b:9092", "", 0, 100, 0, 0, 15s});
    connect();
    EXPECT_EQ(state_of_b(), "away");
    report(100, node_state::full);
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::nowhere);
    write_b();
    EXPECT_EQ(a.announce(call_id, "{}", now), member::placement::later);
}

TEST_F(directory_member, new_directory_gets_everything_again_and_loses_what_has_ended) {
    connect();
    const auto other = uuid::random();
    a.call_started(call_id, {"p:1", 0});
    a.call_started(other, {"p:2", 0});
    drive();
    ASSERT_EQ(bucket.size(), 3U);
    a.lost(now);
    a.call_ended(other);
    connect();
    EXPECT_EQ(bucket.size(), 2U);
    a.lost(now);
    bucket.clear();
    revision = 0;
    connect();
    EXPECT_TRUE(bucket.contains("call/a=00000001/" + to_string(call_id)));
    EXPECT_EQ(bucket.size(), 2U);
}

TEST_F(directory_member, request_to_hang_up_is_done_once_and_removed) {
    connect();
    const auto key = "end/a=00000001/" + to_string(call_id);
    write(key, to_value(end_entry{false, "b=00000001"}));
    EXPECT_EQ(ended, std::vector<std::string>{"b"});
    EXPECT_FALSE(bucket.contains(key));
    write_b();
    write("call/b=00000001/" + to_string(call_id), to_value(call_entry{"p:1", 0}));
    EXPECT_EQ(a.end_elsewhere(call_id, true, now).size(), 1U);
    drive();
    EXPECT_TRUE(parse_end(bucket.at("end/b=00000001/" + to_string(call_id)))->when_played);
}

TEST_F(directory_member, own_entries_are_written_again_before_the_bucket_removes_them) {
    connect();
    a.call_started(call_id, {"p:1", 0});
    drive();
    const auto key = "call/a=00000001/" + to_string(call_id);
    bucket.erase(key);
    later(199s);
    EXPECT_FALSE(bucket.contains(key));
    later(2s);
    EXPECT_TRUE(bucket.contains(key));
}

TEST_F(directory_member, what_cannot_be_read_is_counted) {
    connect();
    write("nonsense", "x");
    write("node/b=00000001", "{}");
    write("call/b=00000001/" + to_string(call_id), "[");
    write(member::context_key(call_id), "{\"home\":7}");
    EXPECT_EQ(a.counts().bad, 4U);
    EXPECT_EQ(state_of_b(), "gone");
}
