// SPDX-License-Identifier: Apache-2.0
#include "live/call_registry.hpp"

#include "daemon/status_line.hpp"
#include "unit/app/admin/admin_calls.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::test;

namespace {

class registry_of_calls : public admin_calls_test {
  protected:
    std::shared_ptr<live_call> started() {
        auto call = new_call();
        registry_.started(call);
        return call;
    }

    call_registry registry_;
};

} // namespace

TEST_F(registry_of_calls, call_is_in_progress_until_it_ends) {
    const auto first = started();
    const auto second = started();
    EXPECT_EQ(registry_.in_progress(), 2U);
    registry_.ended(*first, {end_reason::hung_up, {}, {}}, first->line().statistics());
    EXPECT_EQ(registry_.ended(), 1U);
    EXPECT_EQ(registry_.in_progress(), 1U);
    const auto page = registry_.look();
    ASSERT_EQ(page.in_progress.size(), 1U);
    EXPECT_EQ(page.in_progress.front(), second);
    EXPECT_EQ(page.ended.by_reason.at(static_cast<std::size_t>(end_reason::hung_up)), 1U);
    EXPECT_EQ(page.ended.counted.bytes_received, first->line().statistics().bytes_received);
}

TEST_F(registry_of_calls, end_of_a_call_counts_once) {
    const auto call = started();
    registry_.ended(*call, {end_reason::peer_hung_up, {}, {}}, {});
    registry_.ended(*call, {end_reason::peer_hung_up, {}, {}}, {});
    EXPECT_EQ(registry_.ended(), 1U);
}

TEST_F(registry_of_calls, oldest_come_in_the_order_of_their_start) {
    const call_list all{started(), started(), started(), started()};
    EXPECT_EQ(registry_.oldest(2), (call_list{all[0], all[1]}));
    registry_.ended(*all[0], {}, {});
    EXPECT_EQ(registry_.oldest(9), (call_list{all[1], all[2], all[3]}));
    EXPECT_TRUE(registry_.oldest(0).empty());
}

TEST_F(registry_of_calls, status_line_counts_calls_and_has_three_meters) {
    EXPECT_EQ(status_line(registry_, {}), "0 in progress, 0 ended");
    std::vector<std::shared_ptr<live_call>> all;
    while (all.size() < 4)
        all.push_back(started());
    const auto line = status_line(registry_, std::chrono::milliseconds(1500));
    EXPECT_TRUE(line.starts_with("4 in progress, 0 ended | 07070707 00:0")) << line;
    EXPECT_TRUE(line.ends_with(" | stopping in 2 s")) << line;
    EXPECT_EQ(std::ranges::count(line, '|'), 4) << line;
}
