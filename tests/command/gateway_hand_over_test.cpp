// SPDX-License-Identifier: Apache-2.0
#include "hand_over_test.hpp"
#include "scripted_back_end.hpp"

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::test;

using gateway_hand_over = hand_over_test;

TEST_F(gateway_hand_over, calls_stay_with_their_back_ends_and_new_ones_reach_the_successor) {
    scripted_back_end bot;
    start_verb("gateway", {"--dialect", "pcm", "--backend", bot.url()});
    recorded_call before(where, folder / "before.slin");
    ASSERT_TRUE(bot.wait_for(0, [](auto& one) { return !one.samples.empty(); }));
    hand_over();
    recorded_call after(where, folder / "after.slin");
    ASSERT_TRUE(bot.wait_for(1, [](auto& one) { return !one.samples.empty(); }));
    for (const std::size_t which : {0U, 1U}) {
        bot.with(which, [](auto& one) {
            EXPECT_FALSE(one.closed);
            one.play(numbered_samples().take(1600));
            one.close();
        });
    }
    for (auto* caller : {&before, &after}) {
        EXPECT_EQ(caller->caller().wait(), 0) << caller->caller().out;
        expect_whole(numbers(1600), caller->heard());
    }
    stop_last();
}
