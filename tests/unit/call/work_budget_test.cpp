// SPDX-License-Identifier: Apache-2.0
#include "call/work_budget.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

TEST(work_budget, more_than_half_a_second_of_192_khz_may_be_done_at_once) {
    work_budget budget;
    EXPECT_TRUE(budget.take(96'000, epoch));
    EXPECT_FALSE(budget.take(96'000, epoch));
    EXPECT_TRUE(budget.take(19'000, epoch));
    EXPECT_FALSE(budget.take(1'000, epoch));
}

TEST(work_budget, what_is_refused_costs_nothing) {
    work_budget budget;
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(budget.take(200'000, epoch));
    EXPECT_FALSE(budget.take(std::uint64_t{1} << 62U, epoch));
    EXPECT_TRUE(budget.take(115'000, epoch));
}

TEST(work_budget, time_gives_back_twice_192_khz_and_no_more_than_there_was) {
    for (const auto idle : {1s, 3600s}) {
        work_budget budget;
        EXPECT_TRUE(budget.take(115'000, epoch));
        EXPECT_TRUE(budget.take(115'000, epoch + idle));
        EXPECT_FALSE(budget.take(1'000, epoch + idle));
    }
    work_budget budget;
    std::uint64_t done = 0;
    for (auto now = epoch; now < epoch + 10s; now += 1ms)
        while (budget.take(100, now))
            done += 100;
    EXPECT_NEAR(static_cast<double>(done), 10 * 2 * 192'000 + 115'200, 10'000);
}

TEST(change_budget, four_changes_may_come_at_once_and_ten_a_second) {
    change_budget budget;
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(budget.take(1, epoch));
    EXPECT_FALSE(budget.take(1, epoch));
    EXPECT_FALSE(budget.take(1, epoch + 99ms));
    EXPECT_TRUE(budget.take(1, epoch + 100ms));
    EXPECT_FALSE(budget.take(1, epoch + 100ms));
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(budget.take(1, epoch + 1h));
    EXPECT_FALSE(budget.take(1, epoch + 1h));
}

TEST(work_budget, the_beginning_of_time_is_a_time) {
    work_budget budget;
    EXPECT_TRUE(budget.take(115'000, time_point{}));
    EXPECT_FALSE(budget.take(1'000, time_point{}));
}
