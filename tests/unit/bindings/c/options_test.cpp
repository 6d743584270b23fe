// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace audiosocket::c {
namespace {

using std::chrono::milliseconds;

std::string refusal(std::string_view name, std::string_view value) {
    option_set options;
    try {
        options.set(name, value);
    } catch (const failure& e) {
        return e.what();
    }
    return "none";
}

TEST(options, values_reach_the_rules_of_the_call_and_of_the_listener) {
    option_set options;
    options.set("ptime", "40ms");
    options.set("playout_queue", "2min");
    options.set("idle_timeout", "30s");
    options.set("send", "slin16");
    options.set("input", "alaw");
    options.set("live", "true");
    options.set("rate_max_hz", "48000");
    options.set("calls_max", "5");
    options.set("allow", "10.0.0.0/8,2001:db8::/32");
    options.set("proxies", "10.0.0.5");
    options.set("connect_timeout", "1s");
    options.set("audio_ms", "100");
    options.set("audio_rate_hz", "16000");
    const auto& call = options.listener.call;
    EXPECT_EQ(call.ptime, milliseconds(40));
    EXPECT_EQ(call.playout_queue, std::chrono::minutes(2));
    EXPECT_EQ(call.idle_timeout, std::chrono::seconds(30));
    EXPECT_EQ(call.send_format, (media_format{kind::slin16, encoding::slin}));
    EXPECT_EQ(call.input, input_format::alaw);
    EXPECT_TRUE(call.live);
    EXPECT_EQ(call.rate_max_hz, 48'000);
    EXPECT_EQ(options.listener.calls_max, 5U);
    EXPECT_EQ(options.listener.allow.size(), 2U);
    EXPECT_EQ(options.listener.proxies.size(), 1U);
    EXPECT_EQ(options.connect_timeout, std::chrono::seconds(1));
    EXPECT_EQ(options.audio.event_ms, 100);
    EXPECT_EQ(options.audio.rate_hz, 16'000);
}

TEST(options, value_that_is_refused_changes_nothing) {
    option_set options;
    EXPECT_THROW(options.set("ptime", "25ms"), failure);
    EXPECT_EQ(options.listener.call.ptime, milliseconds(20));
}

TEST(options, refusal_says_the_value_and_what_is_expected) {
    EXPECT_EQ(refusal("ptime", "20"), "ptime \"20\": expected a time with its unit, such as 500ms, 5s or 10min, of at "
                                      "most a year");
    EXPECT_EQ(refusal("live", "yes"), "live \"yes\": expected true or false");
    EXPECT_EQ(refusal("calls_max", "many"), "calls_max \"many\": expected a whole number");
    EXPECT_EQ(refusal("calls_max", "-1"), "calls_max \"-1\": expected a whole number");
    EXPECT_EQ(refusal("audio_ms", "5"), "received audio makes an event every 5 ms; expected 10 to 1000");
    EXPECT_NE(refusal("send", "mp3").find("slin192"), std::string::npos);
    EXPECT_NE(refusal("allow", "10.0.0.1/8").find("networks with commas"), std::string::npos);
    EXPECT_NE(refusal("idle_timeout", "99999999999999999999s").find("a time with its unit"), std::string::npos);
    EXPECT_NE(refusal("idle_timeout", "4294967295min").find("at most a year"), std::string::npos);
}

TEST(options, every_input_format_has_its_name) {
    for (const auto* name : {"automatic", "slin", "ulaw", "alaw", "slin12", "slin16", "slin24", "slin32", "slin44",
                             "slin48", "slin96", "slin192"})
        EXPECT_EQ(refusal("input", name), "none") << name;
    EXPECT_NE(refusal("input", "g729"), "none");
}

TEST(errors, text_that_is_too_long_ends_between_two_characters) {
    char text[8];
    copy_text("abcdef\u00e4", text, sizeof text); // the last character takes bytes 7 and 8
    EXPECT_STREQ(text, "abcdef");
    copy_text("abcde\u00e4", text, sizeof text);
    EXPECT_STREQ(text, "abcde\u00e4");
}

} // namespace
} // namespace audiosocket::c
