// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/media_format.hpp>

#include <gtest/gtest.h>

#include <string>

using namespace audiosocket;

// The values of input_format, but for `automatic`, have the names of the formats they stand for, in this order.
TEST(media_format, every_input_format_stands_for_the_format_of_its_name) {
    const std::pair<input_format, const char*> expected[] = {
        {input_format::slin, "slin"},     {input_format::ulaw, "ulaw"},      {input_format::alaw, "alaw"},
        {input_format::slin12, "slin12"}, {input_format::slin16, "slin16"},  {input_format::slin24, "slin24"},
        {input_format::slin32, "slin32"}, {input_format::slin44, "slin44"},  {input_format::slin48, "slin48"},
        {input_format::slin96, "slin96"}, {input_format::slin192, "slin192"}};
    for (const auto& [input, text] : expected) {
        const auto format = format_of(input);
        ASSERT_TRUE(format) << text;
        EXPECT_EQ(name(*format), text);
        EXPECT_EQ(parse_format(text), format);
    }
    EXPECT_EQ(format_of(input_format::automatic), std::nullopt);
    EXPECT_EQ(format_of(static_cast<input_format>(99)), std::nullopt);
}

TEST(media_format, text_that_names_no_format_gives_none) {
    for (const char* text : {"", "slin9", "SLIN", "ulaw ", "opus"})
        EXPECT_EQ(parse_format(text), std::nullopt) << text;
    EXPECT_EQ(parse_format("slin8"), (media_format{kind::slin, encoding::slin}));
}
