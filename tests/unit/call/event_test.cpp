// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/event.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string_view>

using namespace audiosocket;

TEST(end_reason, every_value_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (int value = 0; value <= static_cast<int>(end_reason::never_started); ++value)
        names.insert(name(static_cast<end_reason>(value)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(end_reason::never_started) + 1);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(name(end_reason::none), "not ended");
    EXPECT_EQ(name(static_cast<end_reason>(99)), "unknown");
}
