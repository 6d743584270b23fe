// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/address.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

using namespace audiosocket;

TEST(address, host_and_port_are_read) {
    EXPECT_EQ(parse_address("pbx.example:9000"), (address{"pbx.example", 9000}));
    EXPECT_EQ(parse_address("pbx.example"), (address{"pbx.example", default_port}));
    EXPECT_EQ(parse_address("10.0.0.1:0"), (address{"10.0.0.1", 0}));
    EXPECT_EQ(parse_address("[::1]:9000"), (address{"::1", 9000}));
    EXPECT_EQ(parse_address("[::1]"), (address{"::1", default_port}));
    EXPECT_EQ(parse_address(":9000"), (address{"", 9000}));
    EXPECT_EQ(parse_address("3cx:9000"), (address{"3cx", 9000}));
}

TEST(address, invalid_address_is_refused) {
    for (const auto* text : {"", ":", "::1", "[::1", "[]:1", "[::1]9000", "a:b", "a:65536", "a:-1", "a:1 ", "a:1:2"})
        EXPECT_EQ(parse_address(text), std::nullopt) << text;
}

// The system would read it as 0.0.35.132.
TEST(address, port_without_its_colon_is_not_a_host) {
    EXPECT_EQ(parse_address("9092"), std::nullopt);
    EXPECT_EQ(parse_address("9092:9092"), std::nullopt);
    EXPECT_EQ(parse_address("[9092]:1"), std::nullopt);
}

// Found by the fuzz target address_text: such a host was looked up, or cut at its zero byte.
TEST(address, characters_that_no_host_has_are_refused) {
    using namespace std::string_view_literals;
    for (const auto text :
         {"a b"sv, "a/b:1"sv, "0.[90920/0"sv, "[[::1]:1"sv, "user@host:1"sv, "host\0.example:1"sv, "host\n:1"sv})
        EXPECT_EQ(parse_address(text), std::nullopt) << text;
    EXPECT_TRUE(parse_address("[fe80::1%eth0]:1"));
    EXPECT_TRUE(parse_address("b\xc3\xbc"
                              "cher.example:1"));
}

TEST(address, text_comes_back) {
    for (const auto* text : {"pbx.example:9000", "[::1]:9000", ":9000"})
        EXPECT_EQ(to_string(address::parse(text)), text);
}

TEST(address, mistake_is_reported_with_what_was_expected) {
    try {
        address::parse("9092");
        FAIL();
    } catch (const std::invalid_argument& e) {
        EXPECT_STREQ(e.what(), "\"9092\": expected HOST:PORT, [IPV6]:PORT or :PORT");
    }
}
