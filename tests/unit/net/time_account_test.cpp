// SPDX-License-Identifier: Apache-2.0
#include "net/time_account.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {
constexpr time_point start{std::chrono::hours{1000}};
}

TEST(time_account, share_that_is_used_is_never_over) {
    time_account used;
    for (auto now = start; now < start + 10s; now += 20ms) {
        EXPECT_FALSE(used.is_over(now, 20ms));
        used.charge(80us, 250, now);
    }
}

TEST(time_account, more_than_the_share_is_over_until_time_has_paid_for_it) {
    time_account used;
    used.charge(1ms, 250, start);
    EXPECT_TRUE(used.is_over(start, 20ms));
    EXPECT_TRUE(used.is_over(start + 229ms, 20ms));
    EXPECT_FALSE(used.is_over(start + 230ms, 20ms));
    EXPECT_EQ(used.free_at(20ms), start + 230ms);
}

TEST(time_account, time_that_was_not_used_is_not_saved_up) {
    time_account used;
    used.charge(1us, 250, start);
    used.charge(1ms, 250, start + 1h);
    EXPECT_TRUE(used.is_over(start + 1h + 229ms, 20ms));
}
