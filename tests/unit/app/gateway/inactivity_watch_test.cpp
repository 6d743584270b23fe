// SPDX-License-Identifier: Apache-2.0
#include "gateway/inactivity_watch.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;
using app::gateway::inactivity_watch;

TEST(inactivity, deadline_moves_with_what_is_said) {
    inactivity_watch watch(30s, time_point(1h));
    EXPECT_EQ(watch.deadline(), time_point(1h + 30s));
    watch.active(time_point(1h + 29s));
    EXPECT_EQ(watch.deadline(), time_point(1h + 59s));
}

TEST(inactivity, what_is_reported_late_does_not_move_it_back) {
    inactivity_watch watch(30s, time_point(1h));
    watch.active(time_point(59min));
    EXPECT_EQ(watch.deadline(), time_point(1h + 30s));
}

TEST(inactivity, without_a_limit_there_is_no_deadline) {
    const inactivity_watch watch(std::nullopt, time_point(1h));
    EXPECT_FALSE(watch.is_on());
    EXPECT_EQ(watch.deadline(), time_point::max());
}
