// SPDX-License-Identifier: Apache-2.0
#include "gateway/json_message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

using namespace audiosocket::gateway;

TEST(json_message, an_object_is_read) {
    const json_message read(R"({"a":"text","n":7,"o":{"x":true},"l":[1,2]})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read.error(), "");
    const auto& object = read.object();
    EXPECT_EQ(text_at(object, "a"), "text");
    EXPECT_EQ(number_at(object, "n"), 7);
    EXPECT_TRUE(flag_at(object_at(object, "o"), "x"));
    EXPECT_EQ(array_at(object, "l").size(), 2U);
}

TEST(json_message, what_is_missing_or_of_another_type_is_absent) {
    const json_message read(R"({"a":1,"n":"seven","o":"x","l":{},"f":"true"})");
    const auto& object = read.object();
    for (const char* name : {"a", "missing"}) {
        EXPECT_EQ(text_at(object, name), "");
        EXPECT_FALSE(find_text(object, name));
    }
    for (const char* name : {"n", "missing"})
        EXPECT_FALSE(number_at(object, name));
    for (const char* name : {"o", "missing"})
        EXPECT_TRUE(object_at(object, name).empty());
    for (const char* name : {"l", "missing"})
        EXPECT_TRUE(array_at(object, name).empty());
    for (const char* name : {"f", "missing"})
        EXPECT_FALSE(flag_at(object, name));
}

TEST(json_message, an_empty_text_differs_from_none) {
    const json_message read(R"({"a":""})");
    EXPECT_EQ(find_text(read.object(), "a"), "");
    EXPECT_EQ(find_text(read.object(), "b"), std::nullopt);
}

TEST(json_message, whole_numbers_are_read_from_numbers_and_texts) {
    const json_message read(R"({"i":-3,"d":12.9,"t":"42","e":"4x","s":"","big":1e300,"huge":18446744073709551615})");
    const auto& object = read.object();
    EXPECT_EQ(number_at(object, "i"), -3);
    EXPECT_EQ(number_at(object, "d"), 12);
    EXPECT_EQ(number_at(object, "t"), 42);
    for (const char* bad : {"e", "s", "big", "huge"})
        EXPECT_FALSE(number_at(object, bad)) << bad;
}

TEST(json_message, what_is_not_an_object_says_so) {
    for (const char* other : {"[]", "7", "\"text\"", "null", "true"}) {
        const json_message read(other);
        EXPECT_FALSE(read);
        EXPECT_EQ(read.error(), "JSON, but not an object");
        EXPECT_TRUE(read.object().empty());
    }
    for (const char* bad : {"", "{", "{}x", "{'a':1}", "{\"a\":\"\xff\"}"}) {
        const json_message read(bad);
        EXPECT_FALSE(read);
        EXPECT_EQ(read.error().substr(0, 10), "not JSON: ") << bad;
    }
}

TEST(json_message, deep_nesting_is_refused) {
    const auto nested = [](std::size_t depth) {
        return json_message("{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + '}');
    };
    EXPECT_TRUE(nested(json_message::depth_max - 1));
    EXPECT_FALSE(nested(json_message::depth_max));
    EXPECT_FALSE(nested(1'000'000));
}

TEST(json_message, a_text_for_a_message_is_escaped) {
    EXPECT_EQ(boost::json::serialize(json_text("a\"b\n")), R"("a\"b\n")");
}
