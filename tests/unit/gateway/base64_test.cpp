// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/base64.hpp>

#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using gateway::append_base64;
using gateway::decode_base64;

namespace {

std::string encoded(std::string_view text) {
    std::string out;
    append_base64(out, test::raw(text));
    return out;
}

} // namespace

TEST(base64, the_vectors_of_rfc_4648_are_written_and_read) {
    const std::pair<const char*, const char*> vectors[]{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [text, base64] : vectors) {
        EXPECT_EQ(encoded(text), base64);
        EXPECT_EQ(decode_base64(base64), test::raw(std::string_view(text)));
    }
}

TEST(base64, what_is_written_is_appended) {
    std::string out = "x";
    append_base64(out, test::raw("foo"));
    append_base64(out, test::raw("f"));
    EXPECT_EQ(out, "xZm9vZg==");
}

TEST(base64, each_byte_comes_back_at_each_place) {
    for (int value = 0; value < 256; ++value) {
        for (std::size_t place = 0; place < 5; ++place) {
            test::bytes bytes(5);
            bytes[place] = static_cast<std::byte>(value);
            std::string text;
            append_base64(text, bytes);
            EXPECT_EQ(decode_base64(text), bytes);
        }
    }
}

TEST(base64, the_alphabet_for_addresses_and_missing_padding_are_read) {
    EXPECT_EQ(decode_base64("-_-_"), decode_base64("+/+/"));
    EXPECT_TRUE(decode_base64("-_-_"));
    EXPECT_EQ(decode_base64("Zg"), test::raw("f"));
    EXPECT_EQ(decode_base64("Zg="), test::raw("f"));
    EXPECT_EQ(decode_base64("Zm8"), test::raw("fo"));
}

TEST(base64, other_text_is_refused) {
    for (const char* bad : {"Z", "Zm9vY", "Zm9v\n", "Zm 9v", "Zm9v====", "Z=m9", "%%%%", "Zm9\xff"})
        EXPECT_FALSE(decode_base64(bad)) << bad;
}
