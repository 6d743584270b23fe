// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_changes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app;

namespace {

setting_value reloadable(const char* text) {
    return {text, true};
}

setting_value fixed(const char* text) {
    return {text, false};
}

} // namespace

TEST(take_changes, new_values_are_taken_unless_they_need_a_restart) {
    settings_by_name holding{
        {"listen", fixed("\"a\"")}, {"tone", reloadable("440")}, {"echo", reloadable("true")}, {"shards", fixed("1")}};
    const auto changes = take_changes(holding, {{"listen", fixed("\"b\"")},
                                                {"tone", reloadable("880")},
                                                {"record", reloadable("\"x\"")},
                                                {"shards", fixed("1")}});
    EXPECT_EQ(changes.taken, (std::vector<std::string>{"echo", "record", "tone"}));
    EXPECT_EQ(changes.need_restart, std::vector<std::string>{"listen"});
    EXPECT_EQ(holding, (settings_by_name{{"listen", fixed("\"a\"")},
                                         {"tone", reloadable("880")},
                                         {"record", reloadable("\"x\"")},
                                         {"shards", fixed("1")}}));
}

TEST(take_changes, what_needs_a_restart_is_reported_until_it_is_taken_back) {
    settings_by_name holding{{"listen", fixed("\"a\"")}};
    EXPECT_EQ(take_changes(holding, {{"listen", fixed("\"b\"")}}).need_restart.size(), 1U);
    EXPECT_EQ(take_changes(holding, {{"listen", fixed("\"b\"")}}).need_restart.size(), 1U);
    EXPECT_TRUE(take_changes(holding, {{"listen", fixed("\"a\"")}}).need_restart.empty());
}

TEST(take_changes, setting_that_needs_a_restart_is_reported_when_it_appears_or_goes) {
    settings_by_name holding{{"admin", fixed("\"a\"")}};
    const auto changes = take_changes(holding, {{"exit-after", fixed("3")}});
    EXPECT_TRUE(changes.taken.empty());
    EXPECT_EQ(changes.need_restart, (std::vector<std::string>{"admin", "exit-after"}));
    EXPECT_EQ(holding, (settings_by_name{{"admin", fixed("\"a\"")}}));
}
