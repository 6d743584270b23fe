// SPDX-License-Identifier: Apache-2.0
#include "net/turn_account.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{std::chrono::hours{1000}};

// Returns in how many of a thousand frame times a call with two turns each is heavy. Turn n costs `cost(n)`.
template <class Cost>
int heavy_frames(Cost cost) {
    turn_account account;
    int heavy = 0;
    for (int n = 0; n < 2000; ++n) {
        const auto now = start + n * 10ms;
        heavy += n % 2 == 0 && account.is_heavy(now) ? 1 : 0;
        account.charge(cost(n), now);
    }
    return heavy;
}

} // namespace

TEST(turn_account, ordinary_call_is_never_heavy) {
    EXPECT_EQ(heavy_frames([](int) { return 30us; }), 0);
}

TEST(turn_account, expensive_call_is_heavy_soon_and_stays_so) {
    EXPECT_GE(heavy_frames([](int) { return 200us; }), 990);
    EXPECT_GE(heavy_frames([](int n) { return n % 2 == 0 ? 5us : 200us; }), 950) << "also with cheap turns between";
}

TEST(turn_account, costly_turn_among_many_cheap_ones_is_counted_in_the_end) {
    EXPECT_GE(heavy_frames([](int n) { return n % 9 == 0 ? 5000us : 10us; }), 900);
}

TEST(turn_account, call_that_is_ordinary_again_is_not_heavy_for_long) {
    turn_account account;
    auto now = start;
    for (int n = 0; n < 10'000; ++n, now += 10ms)
        account.charge(1000us, now);
    EXPECT_TRUE(account.is_heavy(now));
    EXPECT_FALSE(account.is_heavy(now + 2s));
}

TEST(turn_account, single_turn_in_which_the_kernel_worked_for_others_changes_nothing) {
    EXPECT_EQ(heavy_frames([](int n) { return n % 100 == 50 ? 5000us : 10us; }), 0);
}

TEST(turn_account, new_call_is_heavy_until_it_was_measured) {
    turn_account account;
    account.begin(start);
    EXPECT_TRUE(account.is_heavy(start + 99ms));
    EXPECT_FALSE(account.is_heavy(start + 100ms));
}
