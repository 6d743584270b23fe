// SPDX-License-Identifier: Apache-2.0
#include "gateway/conversation_memory.hpp"

#include <gtest/gtest.h>

using audiosocket::gateway::conversation_memory;

TEST(conversation_memory, pieces_of_one_side_are_one_turn) {
    conversation_memory memory;
    memory.append(true, "Hel");
    memory.append(true, "lo");
    memory.append(false, "Hi");
    memory.append(true, "Bye");
    ASSERT_EQ(memory.turns().size(), 3);
    EXPECT_EQ(memory.turns()[0].words, "Hello");
    EXPECT_TRUE(memory.turns()[0].is_agent);
    EXPECT_EQ(memory.turns()[1].words, "Hi");
    EXPECT_FALSE(memory.turns()[1].is_agent);
    EXPECT_EQ(memory.turns()[2].words, "Bye");
}

TEST(conversation_memory, whole_turns_stay_apart_and_empty_ones_are_none) {
    conversation_memory memory;
    memory.add(true, "one");
    memory.add(true, "");
    memory.add(true, "two");
    ASSERT_EQ(memory.turns().size(), 2);
    EXPECT_EQ(memory.turns()[1].words, "two");
}

TEST(conversation_memory, the_oldest_turns_are_forgotten) {
    conversation_memory memory;
    for (int i = 0; i < 1000; ++i)
        memory.add(i % 2 == 0, std::to_string(i));
    EXPECT_EQ(memory.turns().size(), conversation_memory::turns_max);
    EXPECT_EQ(memory.turns().back().words, "999");
}

TEST(conversation_memory, words_are_bounded) {
    conversation_memory memory;
    for (int i = 0; i < 100; ++i) {
        memory.add(false, std::string(5000, 'x'));
        for (int j = 0; j < 100; ++j)
            memory.append(true, std::string(100, 'y'));
    }
    std::size_t bytes = 0;
    for (const auto& turn : memory.turns())
        bytes += turn.words.size();
    EXPECT_LE(bytes, conversation_memory::bytes_max);
    EXPECT_GT(bytes, conversation_memory::bytes_max / 2);
}
