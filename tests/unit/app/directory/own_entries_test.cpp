// SPDX-License-Identifier: Apache-2.0
#include "directory/own_entries.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::directory;

TEST(own_entries, what_comes_and_goes_while_the_directory_is_away_leaves_nothing) {
    own_entries own;
    own.set("stays", "1");
    for (int n = 0; n < 1000; ++n) {
        own.set("call", "1");
        own.remove("call");
    }
    EXPECT_EQ(own.size(), 1U);
    EXPECT_EQ(own.waiting(), 1U);
    EXPECT_EQ(own.next({})->key, "stays");
    EXPECT_FALSE(own.next({}));
}

TEST(own_entries, what_the_directory_may_have_is_removed_there) {
    own_entries own;
    own.set("written", "1");
    ASSERT_TRUE(own.next({}));
    own.remove("written");
    own.remove("of a predecessor");
    own.set("of a predecessor", "2");
    own.remove("of a predecessor");
    for (const char* key : {"written", "of a predecessor"}) {
        const auto w = own.next({});
        ASSERT_TRUE(w);
        EXPECT_EQ(w->key, key);
        EXPECT_FALSE(w->value);
    }
    EXPECT_FALSE(own.next({}));
    EXPECT_EQ(own.size(), 0U);
}
