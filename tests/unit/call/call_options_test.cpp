// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

const time_point now{std::chrono::hours{1}};

std::string why_refused(const std::function<void(call_options&)>& change) {
    call_options options;
    change(options);
    try {
        const session s(role::server, options, now);
    } catch (const std::invalid_argument& e) {
        EXPECT_THROW(session(uuid{}, options, now), std::invalid_argument);
        return e.what();
    }
    EXPECT_NO_THROW(session(uuid{}, options, now));
    return "";
}

} // namespace

TEST(call_options, the_defaults_are_valid) {
    EXPECT_NO_THROW(validate({}));
}

TEST(call_options, ptime_is_one_of_those_that_telephony_knows) {
    for (int ms = -1; ms <= 100; ++ms) {
        const bool good = ms == 10 || ms == 20 || ms == 30 || ms == 40 || ms == 60;
        const auto why = why_refused([&](call_options& o) { o.ptime = std::chrono::milliseconds(ms); });
        EXPECT_EQ(why.empty(), good) << ms << ": " << why;
    }
    EXPECT_EQ(why_refused([](call_options& o) { o.ptime = 7ms; }),
              "call_options: ptime is 7 ms; it has to be 10, 20, 30, 40 or 60 ms");
}

TEST(call_options, send_format_is_audio_and_g711_goes_under_slin) {
    EXPECT_NE(why_refused([](call_options& o) { o.send_format = media_format{kind::hangup, encoding::slin}; }), "");
    EXPECT_NE(why_refused([](call_options& o) { o.send_format = media_format{kind::slin16, encoding::ulaw}; }), "");
    EXPECT_EQ(why_refused([](call_options& o) { o.send_format = media_format{kind::slin, encoding::alaw}; }), "");
    EXPECT_EQ(why_refused([](call_options& o) { o.send_format = media_format{kind::slin192, encoding::slin}; }), "");
}

TEST(call_options, receive_rate_is_one_that_a_resampler_takes) {
    for (const int bad : {-1, 1, 3999, 768'001})
        EXPECT_NE(why_refused([&](call_options& o) { o.receive_rate_hz = bad; }), "") << bad;
    for (const int good : {0, 4000, 8000, 768'000})
        EXPECT_EQ(why_refused([&](call_options& o) { o.receive_rate_hz = good; }), "") << good;
}

TEST(call_options, highest_rate_is_one_of_the_protocols_and_fits_what_is_sent_and_taken) {
    for (const int good : {8000, 12'000, 16'000, 24'000, 32'000, 44'100, 48'000, 96'000, 192'000})
        EXPECT_EQ(why_refused([&](call_options& o) { o.rate_max_hz = good; }), "") << good;
    for (const int bad : {-8000, 0, 7999, 11'025, 22'050, 192'001})
        EXPECT_NE(why_refused([&](call_options& o) { o.rate_max_hz = bad; }), "") << bad;
    EXPECT_EQ(why_refused([](call_options& o) { o.rate_max_hz = 22'050; }),
              "call_options: rate_max_hz is 22050; it has to be one of 8000, 12000, 16000, 24000, 32000, 44100, 48000, "
              "96000, 192000");
    EXPECT_EQ(why_refused([](call_options& o) {
                  o.rate_max_hz = 16'000;
                  o.send_format = media_format{kind::slin48, encoding::slin};
              }),
              "call_options: rate_max_hz is 16000, and send_format is slin48");
    EXPECT_EQ(why_refused([](call_options& o) {
                  o.rate_max_hz = 16'000;
                  o.input = input_format::slin24;
              }),
              "call_options: rate_max_hz is 16000, and input is slin24: all audio would be dropped");
    EXPECT_EQ(why_refused([](call_options& o) {
                  o.rate_max_hz = 8000;
                  o.input = input_format::alaw;
              }),
              "");
}

TEST(call_options, at_least_the_frame_that_is_due_is_sent) {
    EXPECT_NE(why_refused([](call_options& o) { o.catch_up_frames = 0; }), "");
    EXPECT_NE(why_refused([](call_options& o) { o.catch_up_frames = -3; }), "");
    EXPECT_EQ(why_refused([](call_options& o) { o.catch_up_frames = 1; }), "");
}

TEST(call_options, durations_are_neither_negative_nor_beyond_the_clock) {
    using ms = std::chrono::milliseconds;
    for (ms call_options::*option :
         {&call_options::id_timeout, &call_options::message_timeout, &call_options::send_timeout,
          &call_options::hangup_timeout, &call_options::receive_queue, &call_options::playout_queue,
          &call_options::idle_timeout}) {
        for (const ms bad : {ms::min(), ms{-1}, ms::max()})
            EXPECT_NE(why_refused([&](call_options& o) { o.*option = bad; }), "") << bad.count();
        EXPECT_EQ(why_refused([&](call_options& o) { o.*option = std::chrono::hours(24 * 365); }), "");
    }
    for (ms call_options::*option :
         {&call_options::id_timeout, &call_options::message_timeout, &call_options::send_timeout})
        EXPECT_NE(why_refused([&](call_options& o) { o.*option = 0ms; }), "");
}

TEST(call_options, silence_before_a_hangup_is_short) {
    EXPECT_NE(why_refused([](call_options& o) { o.hangup_silence = -1ms; }), "");
    EXPECT_EQ(why_refused([](call_options& o) { o.hangup_silence = 0ms; }), "");
    EXPECT_EQ(why_refused([](call_options& o) { o.hangup_silence = 2000ms; }), "");
    const auto why = why_refused([](call_options& o) { o.hangup_silence = 2001ms; });
    EXPECT_NE(why.find("hangup_silence is 2001 ms"), std::string::npos) << why;
}

TEST(session, made_as_a_caller_without_an_id_is_refused) {
    EXPECT_THROW(session(role::caller, {}, now), std::invalid_argument);
}

TEST(media_format, names_are_those_that_asterisk_uses_and_are_read_back) {
    for (const char* text :
         {"slin", "slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96", "slin192", "ulaw", "alaw"}) {
        const auto format = parse_format(text);
        ASSERT_TRUE(format) << text;
        EXPECT_EQ(name(*format), text);
    }
    EXPECT_EQ(parse_format("slin8"), media_format{});
    EXPECT_EQ(parse_format("gsm"), std::nullopt);
    EXPECT_EQ(parse_format(""), std::nullopt);
    EXPECT_EQ(parse_format("ulaw")->rate_hz(), 8000);
}

TEST(end_reason, each_has_a_name_of_its_own) {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(end_reason::never_started); ++i)
        names.push_back(name(static_cast<end_reason>(i)));
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
    EXPECT_EQ(std::ranges::find(names, "unknown"), names.end());
    EXPECT_FALSE(is_failure(end_reason::peer_reset));
    EXPECT_TRUE(is_failure(end_reason::timed_out));
}
