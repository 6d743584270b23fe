#include "settings/settings_changes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app;

TEST(take_changes, tells_what_holds_and_what_needs_a_restart) {
    settings_by_name holding{{"listen", "\"a\""}, {"tone", "440"}, {"echo", "true"}, {"shards", "1"}};
    const auto changes =
        take_changes(holding, {{"listen", "\"b\""}, {"tone", "880"}, {"record", "\"x\""}, {"shards", "1"}});
    EXPECT_EQ(changes.taken, (std::vector<std::string>{"echo", "record", "tone"}));
    EXPECT_EQ(changes.need_restart, std::vector<std::string>{"listen"});
    EXPECT_EQ(holding, (settings_by_name{{"listen", "\"a\""}, {"tone", "880"}, {"record", "\"x\""}, {"shards", "1"}}));
}

TEST(take_changes, what_needs_a_restart_is_told_until_it_is_taken_back) {
    settings_by_name holding{{"listen", "\"a\""}};
    EXPECT_EQ(take_changes(holding, {{"listen", "\"b\""}}).need_restart.size(), 1U);
    EXPECT_EQ(take_changes(holding, {{"listen", "\"b\""}}).need_restart.size(), 1U);
    EXPECT_TRUE(take_changes(holding, {{"listen", "\"a\""}}).need_restart.empty());
}
