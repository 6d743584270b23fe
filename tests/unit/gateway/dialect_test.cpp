// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/dialect.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

using namespace audiosocket::gateway;

TEST(dialects, each_is_found_under_its_name_and_says_who_speaks_it) {
    std::set<std::string_view> names;
    for (const auto& one : dialects()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_EQ(find_dialect(one.name), &one);
        EXPECT_NE(one.speakers, "") << one.name;
    }
    for (const char* name : {"twilio", "openai", "openai-live", "pcm", "gemini", "deepgram", "elevenlabs"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(dialects, an_unknown_name_is_not_found) {
    EXPECT_EQ(find_dialect("morse"), nullptr);
    EXPECT_EQ(find_dialect(""), nullptr);
    EXPECT_THROW(check_session({.name = "morse", .speakers = "", .subprotocol = ""}, ""), std::invalid_argument);
}

TEST(dialects, an_error_in_a_session_names_its_place) {
    for (const auto& [bad, place] : {std::pair("{\n  \"voice\": ash\n}", "line 2, column 12"),
                                     {"{\"a\": 1", "line 1, column 8"},
                                     {"{}\n{}", "line 2, column 1"}}) {
        try {
            check_session(*find_dialect("openai"), bad);
            ADD_FAILURE() << "was taken: " << bad;
        } catch (const std::invalid_argument& e) {
            EXPECT_TRUE(std::string_view(e.what()).ends_with(place)) << e.what();
        }
    }
}

TEST(dialects, a_session_is_a_json_object) {
    for (const auto& one : dialects()) {
        for (const char* bad : {"[]", "7", "{", "instructions: be kind"}) {
            EXPECT_THROW(check_session(one, bad), std::invalid_argument) << one.name << ' ' << bad;
            dialect_options options;
            options.session = bad;
            EXPECT_THROW(make_dialect(one, std::move(options)), std::invalid_argument) << one.name << ' ' << bad;
        }
    }
}
