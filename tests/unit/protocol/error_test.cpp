// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/protocol/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace audiosocket;

TEST(error, every_value_has_a_text_of_its_own) {
    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(protocol_errc::idle_timeout); ++value)
        texts.insert(protocol_category().message(value));
    for (int value = 1; value <= static_cast<int>(usage_errc::playout_cleared); ++value)
        texts.insert(usage_category().message(value));
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(protocol_errc::idle_timeout) +
                                static_cast<std::size_t>(usage_errc::playout_cleared));
    EXPECT_FALSE(texts.contains(protocol_category().message(0)));
    EXPECT_FALSE(texts.contains(usage_category().message(0)));
}

// A log may contain a value of a later version.
TEST(error, value_that_is_unknown_has_a_text_too) {
    EXPECT_EQ(protocol_category().message(99), "unknown protocol error");
    EXPECT_EQ(usage_category().message(99), "unknown usage error");
}

TEST(error, categories_have_different_names) {
    EXPECT_STREQ(protocol_category().name(), "audiosocket.protocol");
    EXPECT_STREQ(usage_category().name(), "audiosocket.usage");
    EXPECT_NE(make_error_code(protocol_errc::id_expected), make_error_code(usage_errc::payload_too_long));
}
