// SPDX-License-Identifier: Apache-2.0
#include "daemon/agent_answer.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app {
namespace {

std::string answer(std::size_t calls, std::size_t calls_max, double load) {
    return agent_answer({.calls = calls, .calls_max = calls_max, .load = load});
}

} // namespace

TEST(agent_answer, weight_is_the_free_part_of_the_calls_rounded_up_to_tens) {
    EXPECT_EQ(answer(0, 800, 0), "up ready 100%\n");
    EXPECT_EQ(answer(79, 800, 0), "up ready 100%\n");
    EXPECT_EQ(answer(80, 800, 0), "up ready 90%\n");
    EXPECT_EQ(answer(400, 800, 0), "up ready 50%\n");
    EXPECT_EQ(answer(799, 800, 0), "up ready 10%\n");
}

TEST(agent_answer, full_process_has_no_weight_and_is_up) {
    EXPECT_EQ(answer(800, 800, 0), "up ready 0%\n");
    EXPECT_EQ(answer(801, 800, 0), "up ready 0%\n"); // --max-calls was lowered
}

TEST(agent_answer, busy_machine_lowers_the_weight_and_never_to_nothing) {
    EXPECT_EQ(answer(0, 800, 0.7), "up ready 100%\n");
    EXPECT_EQ(answer(0, 800, 0.85), "up ready 50%\n");
    EXPECT_EQ(answer(0, 800, 1.0), "up ready 10%\n");
    EXPECT_EQ(answer(0, 800, 40), "up ready 10%\n");
    EXPECT_EQ(answer(720, 800, 0.85), "up ready 10%\n"); // the lesser of both
}

TEST(agent_answer, process_that_stops_drains_however_free_it_is) {
    EXPECT_EQ(agent_answer({.stopping = true, .calls = 0, .calls_max = 800}), "drain\n");
    EXPECT_EQ(agent_answer({.stopping = true, .calls = 800, .calls_max = 800}), "drain\n");
}

TEST(agent_answer, load_of_this_machine_is_a_number) {
    EXPECT_GE(load_of_machine(), 0);
}

} // namespace audiosocket::app
