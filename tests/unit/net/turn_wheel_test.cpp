// SPDX-License-Identifier: Apache-2.0
#include "net/turn_wheel.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

using namespace audiosocket::detail;

namespace {

struct numbered : turn_link {
    int number = 0;
};

// Removes all entries from the circle.
std::vector<int> numbers_in(turn_link& circle) {
    std::vector<int> out;
    while (!circle.alone()) {
        out.push_back(static_cast<numbered*>(circle.after)->number);
        circle.after->unlink();
    }
    return out;
}

class wheel : public testing::Test {
  protected:
    wheel() {
        for (int i = 0; i < 5; ++i)
            who[static_cast<std::size_t>(i)].number = i;
        turns.collect(1'000'000'000, due);
    }

    std::vector<int> collect(turn_wheel::tick_number ahead) {
        turns.collect(start + ahead, due);
        return numbers_in(due);
    }

    static constexpr turn_wheel::tick_number start = 1'000'000'000;
    turn_wheel turns;
    turn_link due;
    std::array<numbered, 5> who;
};

using list = std::vector<int>;

} // namespace

TEST_F(wheel, new_wheel_is_empty) {
    EXPECT_TRUE(turns.empty());
    EXPECT_EQ(collect(1000), list{});
}

TEST_F(wheel, entries_come_in_the_order_of_their_ticks_and_of_their_entry) {
    turns.enter(who[0], start + 7);
    turns.enter(who[1], start + 3);
    turns.enter(who[2], start + 7);
    EXPECT_EQ(turns.first(), start + 3);
    EXPECT_EQ(collect(2), list{});
    EXPECT_EQ(collect(60), (list{1, 0, 2}));
    EXPECT_TRUE(turns.empty());
}

TEST_F(wheel, past_tick_means_the_next_and_a_far_one_the_last_of_the_round) {
    turns.enter(who[0], start - 100);
    turns.enter(who[1], start);
    turns.enter(who[2], start + 100'000);
    EXPECT_EQ(turns.first(), start + 1);
    EXPECT_EQ(collect(1), (list{0, 1}));
    EXPECT_EQ(turns.first(), start + 63);
    EXPECT_EQ(collect(62), list{});
    EXPECT_EQ(collect(63), list{2});
}

TEST_F(wheel, leaving_leaves_the_others_in_place) {
    for (numbered& n : who)
        turns.enter(n, start + 5);
    who[0].unlink();
    who[2].unlink();
    who[4].unlink();
    EXPECT_EQ(collect(5), (list{1, 3}));
    turns.enter(who[0], start + 6);
    who[0].unlink();
    EXPECT_EQ(turns.first(), std::nullopt);
}

TEST_F(wheel, entry_that_is_destroyed_is_gone) {
    auto brief = std::make_unique<numbered>();
    turns.enter(*brief, start + 5);
    brief.reset();
    EXPECT_EQ(collect(10), list{});
}

TEST_F(wheel, after_standing_still_for_long_everybody_comes_once) {
    turns.enter(who[0], start + 63);
    turns.enter(who[1], start + 1);
    EXPECT_EQ(collect(1'000'000), (list{1, 0}));
    turns.enter(who[2], start + 5);
    EXPECT_EQ(turns.first(), start + 1'000'001);
}

TEST_F(wheel, random_entries_come_as_from_a_sorted_map) {
    audiosocket::test::for_each_seed(20, [&](unsigned seed) {
        std::mt19937 random(seed);
        std::array<numbered, 100> many;
        for (std::size_t i = 0; i < many.size(); ++i)
            many[i].number = static_cast<int>(i);
        std::multimap<turn_wheel::tick_number, int> model;
        for (turn_wheel::tick_number now = turns.now(), end = now + 5000; now < end && !HasFailure();) {
            auto& n = many[random() % many.size()];
            n.unlink();
            std::erase_if(model, [&](const auto& entry) { return entry.second == n.number; });
            if (random() % 8 != 0) {
                const auto at = now + 1 + static_cast<turn_wheel::tick_number>(random() % 63);
                turns.enter(n, at);
                model.emplace(at, n.number);
            }
            EXPECT_EQ(turns.first().value_or(0), model.empty() ? 0 : model.begin()->first);
            if (random() % 4 != 0) continue;
            now += 1 + static_cast<turn_wheel::tick_number>(random() % 20);
            turns.collect(now, due);
            list expected;
            for (; !model.empty() && model.begin()->first <= now; model.erase(model.begin()))
                expected.push_back(model.begin()->second);
            EXPECT_EQ(numbers_in(due), expected) << audiosocket::test::replay(seed);
        }
        for (numbered& n : many)
            n.unlink();
        return !HasFailure();
    });
}
