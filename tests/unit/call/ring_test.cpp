// SPDX-License-Identifier: Apache-2.0
#include "call/ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

using namespace audiosocket;

TEST(ring, any_sequence_of_operations_does_what_a_deque_does) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        ring<int> r;
        std::deque<int> model;
        for (int i = 0; i < 2000; ++i) {
            const auto action = random() % 8;
            if (action < 4) {
                r.push() = i;
                model.push_back(i);
            } else if (action < 6 && !model.empty()) {
                r.pop();
                model.pop_front();
            } else if (action == 6 && !model.empty()) {
                const std::size_t at = random() % model.size();
                r.erase(at);
                model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (action == 7 && random() % 50 == 0) {
                r.clear();
                model.clear();
            }
            ASSERT_EQ(r.size(), model.size());
            ASSERT_EQ(r.empty(), model.empty());
            for (std::size_t k = 0; k < model.size(); ++k)
                ASSERT_EQ(r[k], model[k]);
            if (!model.empty()) {
                ASSERT_EQ(r.front(), model.front());
                ASSERT_EQ(r.back(), model.back());
            }
        }
    }
}

TEST(ring, a_slot_comes_round_with_its_memory) {
    ring<std::vector<int>> r;
    r.push().assign(1000, 7);
    const int* memory = r.front().data();
    r.pop();
    r.push().clear();
    EXPECT_GE(r.front().capacity(), 1000U);
    EXPECT_EQ(r.front().data(), memory);
}

TEST(ring, a_short_queue_keeps_to_its_first_slots) {
    ring<int> r;
    for (int i = 0; i < 100; ++i)
        r.push();
    while (!r.empty())
        r.pop();
    int* const first = &r.push();
    for (int i = 0; i < 300; ++i) {
        r.pop();
        EXPECT_EQ(&r.push(), first);
    }
    r.erase(0);
    EXPECT_EQ(&r.push(), first);
}

TEST(ring, release_gives_the_memory_back) {
    ring<int> r;
    r.push();
    r.release();
    EXPECT_EQ(r.slots(), 0U);
    EXPECT_TRUE(r.empty());
    r.push() = 5;
    EXPECT_EQ(r.front(), 5);
}

TEST(ring, room_that_was_made_holds_as_many_elements_without_an_allocation) {
    for (std::size_t used = 0; used < 10; ++used)
        for (std::size_t more = 0; more < 40; ++more) {
            ring<int> r;
            for (std::size_t i = 0; i < used; ++i)
                r.push() = 1;
            r.make_room(more);
            const auto slots = r.slots();
            EXPECT_LT(slots, 2 * (used + more) + 1);
            for (std::size_t i = 0; i < more; ++i)
                r.push() = 2;
            EXPECT_EQ(r.slots(), slots);
            EXPECT_EQ(r.size(), used + more);
        }
}
