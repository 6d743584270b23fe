// SPDX-License-Identifier: Apache-2.0
#include "unit/app/diagnosis/streams.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <random>

namespace audiosocket::app::diagnosis {
namespace {

using namespace std::chrono_literals;
using test::as_slin;
using test::byte_string;
using test::judge;
using test::make;
using test::pace;
using test::samples;

constexpr std::size_t six_seconds = 48'000;

byte_string random_bytes(std::size_t count, unsigned seed) {
    std::mt19937 engine(seed);
    std::uniform_int_distribution<int> any(0, 255);
    byte_string out(count);
    for (auto& b : out)
        b = static_cast<std::byte>(any(engine));
    return out;
}

samples voice(std::size_t count = six_seconds, double dbfs = -12) {
    return make(count, dbfs, test::voiced(140));
}

byte_string swapped(byte_string bytes) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        std::swap(bytes[i], bytes[i + 1]);
    return bytes;
}

// --- Streams without a finding ---

struct good_sound {
    std::string name;
    samples sound;
};

std::vector<good_sound> good_sounds() {
    std::vector<good_sound> all;
    all.push_back({"silence", samples(six_seconds, 0)});
    all.push_back({"a constant", samples(six_seconds, 4660)});
    all.push_back({"minus one", samples(six_seconds, -1)});
    for (const int dbfs : {-90, -80, -60, -50, -40, -20, -10, -3, 0}) {
        const auto at = " at " + std::to_string(dbfs);
        all.push_back({"comfort noise" + at, make(six_seconds, dbfs, test::gaussian_noise(1, 0.3))});
        all.push_back({"voice" + at, voice(six_seconds, dbfs)});
        all.push_back({"dtmf" + at, make(six_seconds, dbfs, test::sum(0.5, {test::sine(941), test::sine(1633)}))});
        all.push_back({"chord" + at, make(six_seconds, dbfs,
                                          test::sum(0.25, {test::sine(262), test::sine(330), test::sine(392),
                                                           test::sine(1047), test::sine(3520)}))});
        for (const double hz : {50.0, 400.0, 440.0, 1004.0, 2000.0, 3400.0, 3999.0})
            all.push_back({std::to_string(hz) + " Hz" + at, make(six_seconds, dbfs, test::sine(hz))});
        all.push_back({"pulses" + at, make(six_seconds, dbfs, [](std::size_t i) { return i % 80 == 0 ? 1.0 : 0.0; })});
    }
    all.push_back({"clipped voice", make(six_seconds, 0, test::voiced(110, 8))});
    all.push_back({"clipped noise", make(six_seconds, 0, test::gaussian_noise(4, 0.7))});
    // Eight-bit sound: with swapped bytes it is as smooth, and quieter.
    auto coarse = voice();
    for (auto& s : coarse)
        s = static_cast<std::int16_t>(s / 256 * 256);
    all.push_back({"8-bit voice", coarse});
    return all;
}

TEST(audio_judge, sound_in_order_gives_nothing) {
    for (const auto& [name, sound] : good_sounds()) {
        const auto bytes = as_slin(sound);
        EXPECT_EQ(judge(bytes, {}).codes(), "") << name;
        EXPECT_EQ(judge(bytes, {.has_clock = false}).codes(), "") << name;
        EXPECT_EQ(judge(bytes, {.message_bytes = 160, .interval = 10ms}).codes(), "") << name;
        EXPECT_EQ(judge(bytes, {.message_bytes = 960, .interval = 60ms}).codes(), "") << name;
        EXPECT_EQ(judge(bytes, {.label = kind::slin16, .message_bytes = 640}).codes(), "") << name;
        EXPECT_EQ(judge(bytes, {.from = sender::caller}).codes(), "") << name;
    }
}

TEST(audio_judge, sound_that_was_g711_before_gives_nothing) {
    for (const encoding law : {encoding::ulaw, encoding::alaw}) {
        auto sound = voice();
        decode(law, test::encoded(law, sound), sound);
        EXPECT_EQ(judge(as_slin(sound), {}).codes(), "");
    }
}

TEST(audio_judge, jitter_gives_nothing) {
    const auto bytes = as_slin(voice());
    test::for_each_seed(20, [&](unsigned seed) {
        std::mt19937 engine(seed);
        std::uniform_int_distribution<int> late_us(0, 30'000);
        std::chrono::nanoseconds last{};
        const auto late = [&](std::int64_t n) { // never before the message before it
            const auto due = n * 20ms;
            last = std::max<std::chrono::nanoseconds>(last, due + std::chrono::microseconds(late_us(engine)));
            return last - due;
        };
        EXPECT_EQ(judge(bytes, {.late = late}).codes(), "") << test::replay(seed);
        return !testing::Test::HasFailure();
    });
}

TEST(audio_judge, caller_that_was_answered_late_sends_a_burst_and_gives_nothing) {
    // Answer() holds back 25 frames, which arrive together.
    const auto late = [](std::int64_t n) { return n < 25 ? 500ms - n * 20ms : 0ms; };
    EXPECT_EQ(judge(as_slin(voice()), {.from = sender::caller, .late = late}).codes(), "");
}

TEST(audio_judge, sender_that_catches_up_after_a_stall_is_not_a_wrong_rate) {
    // Three seconds of silence, then twice real time, endlessly.
    for (const auto stall : {500ms, 1000ms, 2000ms}) {
        const auto late = [stall](std::int64_t n) -> std::chrono::nanoseconds {
            if (n < 100) return {};
            return std::max<std::chrono::nanoseconds>(stall - (n - 100) * 10ms, 0ms);
        };
        EXPECT_EQ(judge(as_slin(voice()), {.from = sender::caller, .late = late}).codes(), "") << stall.count();
    }
}

TEST(audio_judge, sender_of_everything_at_once_is_a_burst_and_no_wrong_rate) {
    const auto late = [](std::int64_t n) { return -(n * 20ms); };
    EXPECT_EQ(judge(as_slin(voice()), {.late = late}).codes(), "burst(remark)");
    EXPECT_EQ(judge(as_slin(voice()), {.from = sender::caller, .late = late}).codes(), "");
    // As fast as a network: ten times real time, with variation.
    const auto uneven = [](std::int64_t n) { return n / 50 * 100ms - n * 20ms; };
    EXPECT_EQ(judge(as_slin(voice()), {.late = uneven}).codes().find("wrong_rate"), std::string::npos);
}

TEST(audio_judge, sender_that_pauses_between_words_is_not_half_rate) {
    const auto late = [](std::int64_t n) { return n / 50 * 1000ms; }; // a second of sound, a second of nothing
    EXPECT_EQ(judge(as_slin(voice()), {.late = late}).codes(), "");
}

// --- Streams with a finding ---

TEST(audio_judge, g711_labelled_slin_is_found) {
    for (const encoding law : {encoding::ulaw, encoding::alaw}) {
        const auto bytes = test::encoded(law, voice());
        for (const std::size_t size : {160U, 320U}) {
            const auto interval = std::chrono::milliseconds(size / 8);
            const auto result = judge(bytes, {.message_bytes = size, .interval = interval});
            ASSERT_EQ(result.codes(), "g711_as_slin");
            EXPECT_LE(result.messages_until_first, 25U);
            EXPECT_NE(result.findings[0].text.find(law == encoding::ulaw ? "mu-law" : "A-law"), std::string::npos);
            // Asterisk's channel does this, and a server can decode it.
            EXPECT_EQ(judge(bytes, {.message_bytes = size, .interval = interval, .from = sender::caller}).codes(),
                      "g711_as_slin(remark)");
            EXPECT_EQ(judge(bytes, {.message_bytes = size, .has_clock = false}).codes(), "g711_as_slin");
        }
    }
}

TEST(audio_judge, g711_of_silence_or_a_tone_is_found_by_its_pace) {
    for (const auto& sound : {make(six_seconds, -10, test::sine(1000)), samples(six_seconds, 0)}) {
        const auto bytes = test::encoded(encoding::alaw, sound);
        EXPECT_EQ(judge(bytes, {.message_bytes = 160}).codes(), "g711_as_slin");
    }
}

TEST(audio_judge, other_codecs_are_found_by_length_pace_and_noise) {
    const auto noise = random_bytes(400'000, 3);
    struct {
        std::size_t bytes;
        std::chrono::milliseconds each;
        std::string name;
    } const rows[] = {
        {160, 20ms, "G.722"}, {20, 20ms, "G.729"}, {38, 20ms, "iLBC"}, {24, 30ms, "G.723.1"}, {80, 20ms, "G.726"}};
    for (const auto& row : rows) {
        for (const sender from : {sender::server, sender::caller}) {
            const auto result = judge(noise, {.message_bytes = row.bytes, .interval = row.each, .from = from});
            ASSERT_EQ(result.codes(), "codec_as_slin") << row.name;
            EXPECT_NE(result.findings[0].text.find(std::to_string(row.bytes) + " bytes every " +
                                                   std::to_string(row.each.count()) + " ms labelled slin: that is " +
                                                   row.name),
                      std::string::npos)
                << result.findings[0];
        }
    }
}

TEST(audio_judge, g722_is_found_in_a_call_of_two_seconds) {
    EXPECT_EQ(judge(random_bytes(160 * 100, 11), {.message_bytes = 160, .from = sender::caller}).codes(),
              "codec_as_slin");
}

TEST(audio_judge, gsm_is_found_within_a_second_with_and_without_a_clock) {
    auto frames = random_bytes(33 * 200, 4);
    for (std::size_t i = 0; i < frames.size(); i += 33)
        frames[i] = (frames[i] & std::byte{0x0f}) | std::byte{0xd0};
    for (const bool has_clock : {true, false}) {
        const auto result = judge(frames, {.message_bytes = 33, .has_clock = has_clock});
        ASSERT_EQ(result.codes(), "codec_as_slin");
        EXPECT_LE(result.messages_until_first, 50U);
        EXPECT_NE(result.findings[0].text.find("33 bytes"), std::string::npos);
        EXPECT_NE(result.findings[0].text.find("GSM"), std::string::npos);
    }
}

TEST(audio_judge, opus_is_found_by_lengths_that_vary) {
    const auto noise = random_bytes(60'000, 5);
    std::mt19937 engine(5);
    std::uniform_int_distribution<std::size_t> size(35, 110);
    audio_judge judge(sender::caller);
    std::size_t at = 0;
    for (int n = 0; n < 500; ++n) {
        const std::size_t bytes = size(engine);
        judge.add(kind::slin, std::span(noise).subspan(at, bytes), n * 20ms);
        at += bytes;
    }
    ASSERT_EQ(judge.findings().size(), 1U);
    EXPECT_EQ(judge.findings()[0].code, code::codec_as_slin);
    EXPECT_NE(judge.findings()[0].text.find("as Opus"), std::string::npos);
}

TEST(audio_judge, slin_cut_at_random_lengths_is_not_opus) {
    const auto bytes = as_slin(voice());
    std::mt19937 engine(6);
    std::uniform_int_distribution<std::size_t> size(35, 110);
    audio_judge judge(sender::server);
    std::size_t at = 0;
    for (int n = 0; n < 1000; ++n) {
        const std::size_t cut = size(engine);
        judge.add(kind::slin, std::span(bytes).subspan(at, cut), std::chrono::nanoseconds(at * 62'500));
        at += cut;
    }
    // Half of the messages begin inside a sample, which sounds like noise.
    ASSERT_EQ(judge.findings().size(), 1U);
    EXPECT_EQ(judge.findings()[0].code, code::byte_order) << judge.findings()[0];
}

TEST(audio_judge, full_scale_noise_is_found) {
    for (const sender from : {sender::server, sender::caller}) {
        EXPECT_EQ(judge(random_bytes(200'000, 7), {.from = from}).codes(), "noise");
        EXPECT_EQ(judge(random_bytes(200'000, 8), {.from = from, .has_clock = false}).codes(), "noise");
    }
}

TEST(audio_judge, wrong_rate_is_found_within_a_second) {
    const auto bytes = as_slin(voice(300'000));
    struct {
        int rate_hz;
        std::string words;
    } const rows[] = {{16'000, "twice real time, 640 bytes every 20 ms: 16 kHz samples labelled slin?"},
                      {24'000, "3 times real time, 960 bytes every 20 ms: 24 kHz samples labelled slin?"},
                      {44'100, "5.5 times real time, 1764 bytes every 20 ms: 44.1 kHz samples labelled slin?"},
                      {48'000, "6 times real time, 1920 bytes every 20 ms: 48 kHz samples labelled slin?"}};
    for (const auto& row : rows) {
        for (const sender from : {sender::server, sender::caller}) {
            const pace how{.message_bytes = static_cast<std::size_t>(row.rate_hz / 25), .from = from};
            const auto result = judge(bytes, how);
            ASSERT_EQ(result.codes(), "wrong_rate") << row.rate_hz;
            EXPECT_NE(result.findings[0].text.find(row.words), std::string::npos) << result.findings[0];
            if (from == sender::caller) {
                EXPECT_LE(result.messages_until_first, 50U) << row.rate_hz;
            }
        }
    }
}

TEST(audio_judge, wrong_rate_is_found_with_jitter_and_large_messages) {
    std::mt19937 engine(9);
    std::uniform_int_distribution<int> late_ms(0, 15);
    const pace jittered{.message_bytes = 640, .late = [&](std::int64_t) { return late_ms(engine) * 1ms; }};
    EXPECT_EQ(judge(as_slin(voice()), jittered).codes(), "wrong_rate");
    EXPECT_EQ(judge(as_slin(voice(160'000)), {.message_bytes = 4096, .interval = 128ms}).codes(), "wrong_rate");
}

TEST(audio_judge, actual_rate_is_what_the_pace_says) {
    audio_judge judge(sender::caller);
    const auto bytes = as_slin(voice(640));
    for (int n = 0; n < 60; ++n)
        judge.add(kind::slin, std::span(bytes).first(640), n * 20ms);
    EXPECT_EQ(judge.actual_rate_hz(), 16'000);
}

TEST(audio_judge, half_rate_is_found) {
    const auto result = judge(as_slin(voice()), {.label = kind::slin16, .message_bytes = 320});
    ASSERT_EQ(result.codes(), "wrong_rate");
    EXPECT_NE(result.findings[0].text.find("half of real time, 320 bytes every 20 ms: 8 kHz samples labelled slin16?"),
              std::string::npos)
        << result.findings[0];
    EXPECT_EQ(judge(as_slin(voice()), {.message_bytes = 160}).codes(), "wrong_rate");
}

TEST(audio_judge, swapped_samples_are_found) {
    EXPECT_EQ(judge(swapped(as_slin(voice())), {}).codes(), "byte_order");
    EXPECT_EQ(judge(swapped(as_slin(voice())), {.from = sender::caller, .has_clock = false}).codes(), "byte_order");
    EXPECT_EQ(judge(swapped(as_slin(voice(six_seconds, -30))), {}).codes(), "byte_order");
}

TEST(audio_judge, file_header_is_a_remark) {
    const std::string_view wav("RIFF\0\0\0\0WAVEfmt ", 16);
    auto bytes = as_slin(voice());
    std::ranges::copy(std::as_bytes(std::span(wav)), bytes.begin() + 640);
    const auto result = judge(bytes, {});
    ASSERT_EQ(result.codes(), "file_header(remark)");
    EXPECT_NE(result.findings[0].text.find("a WAV file as sound, in audio message 3"), std::string::npos);
}

TEST(audio_judge, bursts_again_and_again_are_a_finding_with_figures) {
    const auto result = judge(as_slin(voice()), {.message_bytes = 8000, .interval = 500ms});
    ASSERT_EQ(result.codes(), "burst");
    EXPECT_NE(result.findings[0].text.find("500 ms"), std::string::npos) << result.findings[0];
    const auto once = [](std::int64_t n) { return n >= 100 && n < 110 ? (110 - n) * 20ms : 0ms; };
    EXPECT_EQ(judge(as_slin(voice()), {.late = once}).codes(), "burst(remark)");
}

TEST(audio_judge, sender_that_stays_ahead_after_a_stall_is_one_burst) {
    const auto late = [](std::int64_t n) { return n < 100 ? 83ms : n % 3 * 4ms; }; // a late start, then in time
    const auto result = judge(as_slin(voice()), {.late = late});
    ASSERT_EQ(result.codes(), "burst(remark)");
    EXPECT_TRUE(result.findings[0].text.starts_with("a burst of audio, ")) << result.findings[0];
}

TEST(audio_judge, change_is_reported_once) {
    audio_judge judge(sender::server);
    const auto bytes = swapped(as_slin(voice()));
    int changes = 0;
    for (std::size_t n = 0; n < 300; ++n)
        changes += judge.add(kind::slin, std::span(bytes).subspan(n * 320, 320), n * 20ms) ? 1 : 0;
    EXPECT_EQ(changes, 1);
}

TEST(audio_judge, contents_of_200_messages_a_second_are_looked_at) {
    // A look costs microseconds. A caller that floods a server with messages of 16 bytes kept a core busy with them.
    const auto bytes = test::encoded(encoding::ulaw, voice());
    for (const std::size_t before : {100U, 200U}) {
        audio_judge judge(sender::caller);
        for (std::size_t n = 0; n < before; ++n)
            judge.add(kind::slin, byte_string(16), 1000s);
        for (std::size_t n = 0; n < 100; ++n)
            judge.add(kind::slin, std::span(bytes).subspan(n * 160, 160), 1000s + 999ms);
        EXPECT_EQ(judge.g711().has_value(), before == 100);
        for (std::size_t n = 100; n < 200; ++n)
            judge.add(kind::slin, std::span(bytes).subspan(n * 160, 160), 1001s);
        EXPECT_TRUE(judge.g711().has_value());
    }
}

TEST(audio_judge, pace_is_not_judged_by_a_second_of_which_only_the_beginning_counts) {
    const auto bytes = as_slin(voice());
    for (const std::size_t at_once : {500U, 2000U}) {
        audio_judge judge(sender::caller);
        // Twice real time until the finding, with many short messages each second.
        for (std::size_t n = 0; n < 150; ++n) {
            judge.add(kind::slin, std::span(bytes).subspan(n * 640, 640), 1000s + n * 20ms);
            for (std::size_t i = 0; i < at_once / 50; ++i)
                judge.add(kind::slin, byte_string(2), 1000s + n * 20ms);
        }
        EXPECT_EQ(judge.actual_rate_hz().has_value(), at_once == 500);
    }
}

TEST(audio_judge, memory_is_bounded) {
    EXPECT_LE(sizeof(audio_judge), 1024U);
}

} // namespace
} // namespace audiosocket::app::diagnosis
