// SPDX-License-Identifier: Apache-2.0
#include "call/reception.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

struct monitor_log : call_monitor {
    void arrived(const message& audio, time_point) override { bytes_arrived += audio.payload.size(); }
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override {
        samples_heard += samples.size();
        last_rate_hz = rate_hz;
        heard_at.push_back(at);
    }
    void sent(std::span<const std::int16_t>, int, time_point) override {}
    std::size_t samples_heard = 0;
    int last_rate_hz = 0;
    std::size_t bytes_arrived = 0;
    std::vector<time_point> heard_at;
};

struct receiver {
    explicit receiver(const call_options& options = {}) : in(options, counters, queue) {}

    bool take(kind k, const bytes& payload) {
        const bool first = take_at_once(k, payload);
        now += 20ms;
        return first;
    }

    // Without time going on.
    bool take_at_once(kind k, const bytes& payload) {
        const auto exact = std::make_unique<bytes>(payload);
        const bool first = in.take({k, *exact}, now, &monitor);
        take_events();
        return first;
    }

    void settle() {
        in.settle(&monitor);
        take_events();
    }

    void take_events() {
        while (auto e = queue.pop()) {
            const auto& a = std::get<audio_event>(*e);
            rates_hz.push_back(a.rate_hz);
            heard.insert(heard.end(), a.samples.begin(), a.samples.end());
        }
    }

    call_statistics counters;
    receive_queue queue{10s, counters};
    reception in;
    monitor_log monitor;
    time_point now = epoch;
    std::vector<std::int16_t> heard;
    std::vector<int> rates_hz;
};

call_options taking(input_format input) {
    call_options options;
    options.input = input;
    return options;
}

bytes g711(encoding law, std::span<const std::int16_t> samples) {
    bytes out(samples.size());
    encode(law, samples, out);
    return out;
}

// Upward zero crossings: the pitch that a listener hears.
int cycles(std::span<const std::int16_t> samples) {
    int n = 0;
    for (std::size_t i = 1; i < samples.size(); ++i)
        n += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
    return n;
}

// Similar to a voice: a few tones that swell.
std::vector<std::int16_t> voice(std::size_t count) {
    std::vector<std::int16_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double t = static_cast<double>(i) / 8000;
        const double x =
            std::sin(6.2832 * 210 * t) + 0.6 * std::sin(6.2832 * 733 * t) + 0.3 * std::sin(6.2832 * 1571 * t);
        out[i] = static_cast<std::int16_t>(6000 * x * (0.55 + 0.45 * std::sin(6.2832 * 3 * t)));
    }
    return out;
}

} // namespace

TEST(reception, the_first_audio_tells_the_format_and_later_audio_does_not) {
    for (std::size_t i = 0; i < slin_rates_hz.size(); ++i) {
        const auto k = static_cast<kind>(0x10 + i);
        receiver r;
        EXPECT_EQ(r.in.format(), media_format{});
        const auto samples = count_up(static_cast<std::size_t>(slin_rates_hz[i]) / 50);
        EXPECT_TRUE(r.take(k, pcm(samples)));
        EXPECT_FALSE(r.take(k, pcm(samples)));
        EXPECT_EQ(r.in.format(), (media_format{k, encoding::slin}));
        EXPECT_EQ(r.rates_hz, std::vector<int>(2, slin_rates_hz[i]));
        EXPECT_EQ(r.counters.samples_received, 2 * samples.size());
        EXPECT_EQ(r.counters.kind_changes, 0U);
    }
}

TEST(reception, any_length_of_payload_is_taken_bit_exact) {
    for (const std::size_t samples : {1U, 80U, 160U, 240U, 480U, 32'767U}) {
        receiver r;
        r.take(kind::slin16, pcm(count_up(samples)));
        EXPECT_EQ(r.heard, count_up(samples));
    }
}

TEST(reception, empty_audio_is_counted_and_tells_nothing) {
    receiver r;
    EXPECT_FALSE(r.take(kind::slin16, {}));
    EXPECT_EQ(r.counters.empty_audio, 1U);
    EXPECT_EQ(r.counters.frames_received, 0U);
    EXPECT_TRUE(r.take(kind::slin, pcm(count_up(160)))); // still the first
    EXPECT_EQ(r.rates_hz, std::vector{8000});
}

TEST(reception, half_a_sample_is_counted_and_left_out) {
    receiver r;
    bytes payload = pcm(count_up(160));
    payload.push_back(std::byte{0x55});
    r.take(kind::slin, payload);
    r.take(kind::slin, raw({1}));
    EXPECT_EQ(r.heard, count_up(160));
    EXPECT_EQ(r.counters.odd_audio, 2U);
}

TEST(reception, g711_is_decoded_when_asked_for) {
    for (const auto& [input, law] :
         {std::pair{input_format::ulaw, encoding::ulaw}, {input_format::alaw, encoding::alaw}}) {
        receiver r(taking(input));
        const auto sent = voice(160);
        r.take(kind::slin, g711(law, sent));
        ASSERT_EQ(r.heard.size(), 160U);
        for (std::size_t i = 0; i < sent.size(); ++i)
            EXPECT_NEAR(r.heard[i], sent[i], 40 + std::abs(sent[i]) / 16);
        EXPECT_EQ(r.in.format(), (media_format{kind::slin, law}));
        EXPECT_EQ(r.counters.odd_audio, 0U);
    }
}

TEST(reception, g711_only_ever_is_under_kind_0x10) {
    receiver r(taking(input_format::ulaw));
    r.take(kind::slin16, pcm(count_up(320)));
    EXPECT_EQ(r.heard, count_up(320));
}

TEST(reception, g711_is_recognised_without_an_option) {
    const auto sent = voice(8000);
    for (const encoding law : {encoding::slin, encoding::ulaw, encoding::alaw}) {
        receiver r;
        for (std::size_t at = 0; at < sent.size(); at += 160) {
            const auto piece = std::span(sent).subspan(at, 160);
            r.take(kind::slin, law == encoding::slin ? pcm(piece) : g711(law, piece));
        }
        EXPECT_EQ(r.in.format().encoding, law) << name(law);
        ASSERT_EQ(r.heard.size(), sent.size()) << name(law);
        EXPECT_EQ(cycles(r.heard), cycles(sent)) << name(law);
    }
}

TEST(reception, slin_asked_for_is_never_taken_for_g711) {
    receiver r(taking(input_format::slin));
    for (int i = 0; i < 50; ++i)
        r.take(kind::slin, g711(encoding::ulaw, voice(160)));
    EXPECT_EQ(r.in.format().encoding, encoding::slin);
    EXPECT_EQ(r.heard.size(), 50U * 80U);
}

TEST(reception, rate_that_is_asked_for_is_taken_instead_of_that_of_the_label) {
    for (const auto input : {input_format::slin12, input_format::slin16, input_format::slin24, input_format::slin32,
                             input_format::slin44, input_format::slin48, input_format::slin96, input_format::slin192}) {
        const kind real = format_of(input)->kind;
        SCOPED_TRACE(name(real));
        receiver r(taking(input));
        const auto samples = count_up(static_cast<std::size_t>(rate_hz(real)) / 50);
        for (int i = 0; i < 10; ++i)
            EXPECT_EQ(r.take(kind::slin, pcm(samples)), i == 0);
        EXPECT_EQ(r.rates_hz, std::vector<int>(10, rate_hz(real)));
        EXPECT_EQ(r.in.format(), (media_format{real, encoding::slin}));
        EXPECT_EQ(r.monitor.last_rate_hz, rate_hz(real));
        EXPECT_EQ(r.counters.arrival_jitter, 0us);
    }
}

TEST(reception, rate_that_is_asked_for_is_that_of_kind_0x10_only) {
    receiver r(taking(input_format::slin16));
    r.take(kind::slin24, pcm(count_up(480)));
    EXPECT_EQ(r.rates_hz, std::vector{24'000});
}

TEST(reception, wrong_label_is_found_out_and_all_audio_from_the_first_message_on_has_the_right_rate) {
    for (const int hz : slin_rates_hz) {
        SCOPED_TRACE(hz);
        receiver r;
        const auto frame = count_up(static_cast<std::size_t>(hz) / 50);
        for (int i = 0; i < 25; ++i)
            EXPECT_EQ(r.take(kind::slin, pcm(frame)), i == 0);
        EXPECT_EQ(r.rates_hz, std::vector<int>(25, hz));
        EXPECT_EQ(r.in.format(), (media_format{*slin_kind(hz), encoding::slin}));
        EXPECT_EQ(r.heard.size(), 25 * frame.size());
        EXPECT_EQ(r.counters.frames_received, 25U);
        EXPECT_EQ(r.counters.arrival_jitter, 0us);
        for (int i = 0; i < 25; ++i)
            EXPECT_EQ(r.monitor.heard_at[static_cast<std::size_t>(i)], epoch + i * 20ms); // unknown at that time
    }
}

TEST(reception, audio_in_doubt_is_held_back_for_a_second_at_most_and_shown_to_the_monitor_at_once) {
    receiver r;
    EXPECT_EQ(r.in.deadline(), time_point::max());
    EXPECT_TRUE(r.take(kind::slin, pcm(count_up(320))));
    EXPECT_FALSE(r.take(kind::slin, pcm(count_up(320))));
    EXPECT_TRUE(r.heard.empty());
    EXPECT_EQ(r.monitor.bytes_arrived, 1280U);
    EXPECT_EQ(r.in.deadline(), epoch + 1s);
    r.settle();
    ASSERT_EQ(r.heard.size(), 640U);
    EXPECT_EQ(std::vector(r.heard.begin() + 320, r.heard.end()), count_up(320));
    EXPECT_EQ(r.rates_hz.front(), 8000);
    EXPECT_EQ(r.in.deadline(), time_point::max());
    r.take(kind::slin, pcm(count_up(320))); // not doubted again
    EXPECT_EQ(r.heard.size(), 960U);
}

TEST(reception, audio_of_another_kind_does_not_overtake_what_is_held_back) {
    receiver r;
    r.take(kind::slin, pcm(count_up(320)));
    r.take(kind::slin16, pcm(count_up(320)));
    ASSERT_GE(r.heard.size(), 320U);
    EXPECT_EQ(std::vector(r.heard.begin(), r.heard.begin() + 320), count_up(320));
}

TEST(reception, messages_held_back_are_bounded) {
    receiver r;
    for (int i = 0; i < 63; ++i)
        r.take_at_once(kind::slin, bytes(640));
    EXPECT_TRUE(r.heard.empty());
    r.take_at_once(kind::slin, bytes(640));
    EXPECT_EQ(r.heard.size(), 64U * 320U);
}

TEST(reception, g711_of_60_ms_is_recognised_although_its_length_is_that_of_a_frame_of_another_rate) {
    const auto sent = voice(48'000);
    receiver r;
    for (std::size_t at = 0; at < sent.size(); at += 480) {
        r.take_at_once(kind::slin, g711(encoding::ulaw, std::span(sent).subspan(at, 480)));
        r.now += 60ms;
    }
    EXPECT_EQ(r.in.format(), (media_format{kind::slin, encoding::ulaw}));
    ASSERT_EQ(r.heard.size(), sent.size());
    EXPECT_NEAR(cycles(r.heard), cycles(sent), 10); // mu-law moves some zero crossings
}

TEST(reception, a_switch_of_rate_is_resampled_to_the_first_rate_and_nothing_is_lost) {
    for (const kind first : {kind::slin, kind::slin16, kind::slin48})
        for (const int second_hz : slin_rates_hz) {
            SCOPED_TRACE(std::to_string(rate_hz(first)) + " then " + std::to_string(second_hz));
            receiver r;
            const auto play = [&](kind k) {
                const auto rate = static_cast<std::size_t>(rate_hz(k));
                const auto second = tone(rate, rate_hz(k));
                for (std::size_t i = 0; i < 50; ++i)
                    r.take(k, pcm(std::span(second).subspan(i * rate / 50, rate / 50)));
            };
            play(first);
            play(*slin_kind(second_hz));
            play(first);
            EXPECT_EQ(r.heard.size(), 3U * static_cast<std::size_t>(rate_hz(first)));
            EXPECT_NEAR(cycles(r.heard), 1200, 3); // 400 Hz for three seconds: never at the wrong speed
            for (const int reported : r.rates_hz)
                EXPECT_EQ(reported, rate_hz(first));
            EXPECT_EQ(r.counters.kind_changes, second_hz == rate_hz(first) ? 0U : 2U);
            EXPECT_EQ(r.in.format().kind, first);
        }
}

TEST(reception, a_rate_that_is_asked_for_is_what_the_program_gets) {
    call_options options;
    options.receive_rate_hz = 16'000;
    receiver r(options);
    const auto second = tone(8000, 8000);
    for (std::size_t i = 0; i < 50; ++i)
        r.take(kind::slin, pcm(std::span(second).subspan(i * 160, 160)));
    EXPECT_NEAR(static_cast<double>(r.heard.size()), 16'000, 16'000 * 0.006); // the converter holds 5 ms
    EXPECT_NEAR(cycles(r.heard), 400, 3);
}

TEST(reception, the_monitor_hears_what_arrived_at_its_own_rate) {
    call_options options;
    options.receive_rate_hz = 48'000;
    receiver r(options);
    r.take(kind::slin, pcm(count_up(160)));
    EXPECT_EQ(r.monitor.samples_heard, 160U);
    EXPECT_EQ(r.monitor.last_rate_hz, 8000);
}

TEST(reception, audio_that_arrives_like_clockwork_has_no_jitter) {
    receiver r;
    for (int i = 0; i < 100; ++i)
        r.take(kind::slin, pcm(count_up(160)));
    EXPECT_EQ(r.counters.arrival_jitter, 0us);
    EXPECT_EQ(r.counters.arrival_gap_max, 20ms);
}

TEST(reception, jitter_is_that_of_rfc_3550) {
    receiver r;
    double expected_us = 0;
    std::mt19937 random{3};
    r.take(kind::slin, pcm(count_up(160)));
    for (int i = 0; i < 200; ++i) {
        const auto off = std::chrono::microseconds(static_cast<int>(random() % 8000)) - 4ms;
        r.now += off;
        r.take(kind::slin, pcm(count_up(160)));
        expected_us += (std::abs(static_cast<double>(off.count())) - expected_us) / 16;
    }
    EXPECT_NEAR(static_cast<double>(r.counters.arrival_jitter.count()), expected_us, 2);
}

TEST(reception, the_longest_gap_is_kept) {
    receiver r;
    r.take(kind::slin, pcm(count_up(160)));
    r.now += 60s;
    r.take(kind::slin, pcm(count_up(160)));
    r.take(kind::slin, pcm(count_up(160)));
    EXPECT_EQ(r.counters.arrival_gap_max, 60s + 20ms);
}

// --- What a peer may cost ---

namespace {

call_options heard_at(int rate_hz) {
    call_options options;
    options.receive_rate_hz = rate_hz;
    return options;
}

bytes silent_frame(int rate_hz) {
    return bytes(static_cast<std::size_t>(rate_hz) / 50 * 2);
}

} // namespace

TEST(reception, asterisks_burst_after_its_answer_is_converted_whole_from_and_to_any_rate) {
    for (const int heard_hz : slin_rates_hz)
        for (const int sent_hz : slin_rates_hz) {
            receiver r(heard_at(heard_hz));
            for (int i = 0; i < 25; ++i)
                r.take_at_once(*slin_kind(sent_hz), silent_frame(sent_hz));
            EXPECT_EQ(r.counters.frames_dropped, 0U) << sent_hz << " to " << heard_hz;
        }
}

TEST(reception, two_seconds_at_once_are_converted_whole_up_to_48_khz) {
    for (const int heard_hz : {12'000, 16'000, 24'000, 44'100, 48'000}) {
        receiver r(heard_at(heard_hz));
        for (int i = 0; i < 100; ++i)
            r.take_at_once(kind::slin, silent_frame(8000));
        EXPECT_EQ(r.counters.frames_dropped, 0U) << heard_hz;
    }
}

TEST(reception, audio_that_comes_faster_than_it_may_be_converted_is_dropped_and_counted) {
    receiver r(heard_at(192'000));
    for (int i = 0; i < 1000; ++i)
        r.take_at_once(kind::slin, silent_frame(8000));
    const std::uint64_t taken = 1000 - r.counters.frames_dropped;
    EXPECT_NEAR(static_cast<double>(taken), 29, 1); // of 20 ms: 0.6 s
    EXPECT_LE(r.heard.size(), taken * 3840);
    EXPECT_EQ(r.counters.frames_received, 1000U);

    r.now += 10s;
    r.take_at_once(kind::slin, silent_frame(8000));
    EXPECT_EQ(r.counters.frames_dropped, 1000U - taken);
}

TEST(reception, audio_at_ten_times_real_time_is_converted_twice_as_fast_as_real_time_at_most) {
    receiver r(heard_at(192'000));
    for (int i = 0; i < 5000; ++i, r.now += 2ms)
        r.take_at_once(kind::slin, silent_frame(8000));
    const double heard_s = static_cast<double>(r.heard.size()) / 192'000;
    EXPECT_LE(heard_s, 2 * 10 + 0.6);
    EXPECT_GE(heard_s, 0.85 * 2 * 10); // the rest went into looking at each payload
}

TEST(reception, the_longest_message_that_would_cost_too_much_is_dropped_and_the_call_goes_on) {
    receiver r(heard_at(192'000));
    EXPECT_TRUE(r.take_at_once(kind::slin, bytes(65'534))); // 4 s: once 70 ms of work
    EXPECT_TRUE(r.heard.empty());
    EXPECT_EQ(r.counters.frames_dropped, 1U);
    r.take(kind::slin, silent_frame(8000));
    EXPECT_FALSE(r.heard.empty());
}

TEST(reception, kinds_that_alternate_sample_by_sample_are_held_at_one_of_them) {
    // Each change once cost 6 us: a hundred callers at twice the bandwidth of a call took a whole core.
    for (const kind first : {kind::slin, kind::slin192}) {
        const kind second = first == kind::slin ? kind::slin192 : kind::slin;
        receiver r(heard_at(8000));
        for (int i = 0; i < 20'000; ++i)
            r.take_at_once(i % 2 == 0 ? first : second, bytes(2));
        EXPECT_EQ(r.counters.kind_changes, 4U);
        EXPECT_EQ(r.in.format().kind, first); // there, back, there, back
        EXPECT_GE(r.counters.frames_dropped, 10'000U - 2);
        EXPECT_EQ(r.counters.frames_received, 20'000U);
        EXPECT_GE(r.heard.size(), first == kind::slin ? 10'000U : 1U); // all that needed no conversion
    }
}

TEST(reception, a_kind_that_is_held_changes_again_ten_times_a_second) {
    receiver r;
    for (int i = 0; i < 10'000; ++i, r.now += 1ms)
        r.take_at_once(i % 2 == 0 ? kind::slin : kind::slin16, bytes(2));
    EXPECT_NEAR(static_cast<double>(r.counters.kind_changes), 4 + 10 * 10, 2);
    EXPECT_LE(r.counters.frames_dropped, 5'000U);
}

TEST(reception, a_caller_that_changes_its_kind_as_a_transfer_does_loses_nothing) {
    receiver r;
    for (int i = 0; i < 100; ++i) {
        const kind k = i % 2 == 0 ? kind::slin : kind::slin16;
        for (int frames = 0; frames < 5; ++frames)
            r.take(k, silent_frame(rate_hz(k)));
    }
    EXPECT_EQ(r.counters.kind_changes, 99U);
    EXPECT_EQ(r.counters.frames_dropped, 0U);
}

TEST(reception, audio_of_a_kind_that_is_refused_is_shown_to_the_monitor_and_is_not_the_first) {
    receiver r;
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(r.take_at_once(i % 2 == 0 ? kind::slin : kind::slin16, bytes(2)), i == 0);
    EXPECT_EQ(r.counters.frames_dropped, 1U);
    EXPECT_EQ(r.monitor.bytes_arrived, 12U);
    EXPECT_EQ(r.monitor.samples_heard, 5U);
}

TEST(reception, audio_of_the_right_rate_is_taken_however_fast_it_comes) {
    for (const kind k : {kind::slin, kind::slin192}) {
        receiver r;
        for (int i = 0; i < 1000; ++i)
            r.take_at_once(k, silent_frame(rate_hz(k)));
        EXPECT_EQ(r.counters.frames_dropped, 0U);
        EXPECT_EQ(r.heard.size(), 20U * static_cast<std::size_t>(rate_hz(k)));
    }
}

TEST(reception, every_rate_is_converted_in_real_time_without_a_loss) {
    for (const int heard_hz : {8'000, 44'100, 192'000, 768'000})
        for (const int sent_hz : slin_rates_hz) {
            receiver r(heard_at(heard_hz));
            for (int i = 0; i < 100; ++i)
                r.take(*slin_kind(sent_hz), silent_frame(sent_hz));
            EXPECT_EQ(r.counters.frames_dropped, 0U);
            EXPECT_NEAR(static_cast<double>(r.heard.size()), 2.0 * heard_hz, 0.006 * heard_hz);
        }
}

TEST(reception, a_payload_beyond_the_budget_is_taken_for_what_the_last_one_was) {
    const auto sent = voice(1600);
    receiver r;
    for (int i = 0; i < 3000; ++i)
        r.take_at_once(kind::slin, bytes(16)); // nothing to recognise, and a look each
    r.take_at_once(kind::slin, g711(encoding::ulaw, std::span(sent).first(160)));
    EXPECT_EQ(r.in.format().encoding, encoding::slin);
    for (std::size_t at = 160; at < sent.size(); at += 160)
        r.take(kind::slin, g711(encoding::ulaw, std::span(sent).subspan(at, 160)));
    EXPECT_EQ(r.in.format().encoding, encoding::ulaw);
}

TEST(reception, two_seconds_of_g711_at_once_are_recognised_as_in_real_time) {
    const auto sent = voice(16'000);
    receiver r;
    for (std::size_t at = 0; at < sent.size(); at += 160)
        r.take_at_once(kind::slin, g711(encoding::alaw, std::span(sent).subspan(at, 160)));
    EXPECT_EQ(r.in.format().encoding, encoding::alaw);
    EXPECT_EQ(cycles(r.heard), cycles(sent));
}
