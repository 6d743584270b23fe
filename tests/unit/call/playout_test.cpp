// SPDX-License-Identifier: Apache-2.0
#include "call/playout.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

struct player {
    explicit player(const call_options& options = {}) : out(options, counters) { out.start(epoch); }

    std::vector<std::int16_t> frame() {
        const auto f = out.make_frame();
        const std::vector<std::int16_t> samples(f.samples.begin(), f.samples.end());
        EXPECT_EQ(f.due, epoch + n * ptime);
        out.count_sent(f.due);
        ++n;
        return samples;
    }

    call_statistics counters;
    playout out;
    int n = 0;
    std::chrono::milliseconds ptime = 20ms;
};

const std::vector<std::int16_t> silence(160);

bool has_hole(std::span<const std::int16_t> samples) {
    int zeros = 0;
    for (const auto s : samples)
        if (zeros = s == 0 ? zeros + 1 : 0; zeros >= 8) return true; // 1 ms at 8 kHz: a tone of 400 Hz never does that
    return false;
}

} // namespace

TEST(playout, with_nothing_to_play_frames_are_silence) {
    player p;
    EXPECT_EQ(p.frame(), silence);
    EXPECT_EQ(p.frame(), silence);
    EXPECT_EQ(p.counters.frames_sent, 2U);
    EXPECT_EQ(p.counters.silence_frames_sent, 2U);
    EXPECT_EQ(p.counters.underruns, 0U);
}

TEST(playout, a_message_is_header_and_payload_of_the_ptime_at_every_rate) {
    for (const auto ptime : {10ms, 20ms, 30ms, 40ms, 60ms})
        for (std::size_t i = 0; i < slin_rates_hz.size(); ++i) {
            call_options options;
            options.ptime = ptime;
            options.send_format = media_format{*slin_kind(slin_rates_hz[i]), encoding::slin};
            call_statistics counters;
            playout out(options, counters);
            out.start(epoch);
            const auto samples =
                static_cast<std::size_t>(slin_rates_hz[i]) * static_cast<std::size_t>(ptime.count()) / 1000;
            out.queue().append(count_up(samples), slin_rates_hz[i]);
            const auto f = out.make_frame();
            const bytes expected = frame(0x10 + static_cast<int>(i), pcm(count_up(samples)));
            EXPECT_TRUE(std::ranges::equal(f.message, expected))
                << slin_rates_hz[i] << " Hz, " << ptime.count() << " ms";
            out.make_frame();
            EXPECT_EQ(out.next_due(), epoch + 2 * ptime);
        }
}

TEST(playout, g711_goes_out_as_one_byte_a_sample_under_slin) {
    for (const encoding law : {encoding::ulaw, encoding::alaw}) {
        call_options options;
        options.send_format = media_format{kind::slin, law};
        player p(options);
        p.out.queue().append(clip(tone(160, 8000), 8000));
        const auto f = p.out.make_frame();
        ASSERT_EQ(f.message.size(), 163U);
        EXPECT_EQ(f.message[0], std::byte{0x10});
        std::vector<std::int16_t> back(160);
        decode(law, f.message.subspan(3), back);
        for (std::size_t i = 0; i < 160; ++i)
            EXPECT_NEAR(back[i], tone(160, 8000)[i], 300);
    }
}

TEST(playout, a_first_fragment_waits_once_for_the_rest) {
    player p;
    p.out.queue().append(count_up(80), 8000);
    EXPECT_EQ(p.frame(), silence);
    p.out.queue().append(count_up(80, 81), 8000);
    EXPECT_EQ(p.frame(), count_up(160));
    p.frame();                                // empty
    p.out.queue().append(count_up(80), 8000); // and started again
    EXPECT_EQ(p.frame(), silence);
    p.out.queue().append(count_up(80, 81), 8000);
    EXPECT_EQ(p.frame(), count_up(160));
}

TEST(playout, a_first_fragment_whose_rest_never_comes_plays_one_frame_later) {
    player p;
    p.out.queue().append(count_up(80), 8000);
    EXPECT_EQ(p.frame(), silence);
    auto expected = count_up(80);
    expected.resize(160);
    EXPECT_EQ(p.frame(), expected);
    EXPECT_EQ(p.counters.underruns, 1U);
}

TEST(playout, a_first_fragment_that_ends_in_a_mark_plays_at_once) {
    player p;
    p.out.queue().append(count_up(80), 8000);
    p.out.queue().append_mark("m");
    auto expected = count_up(80);
    expected.resize(160);
    EXPECT_EQ(p.frame(), expected);
    EXPECT_EQ(p.counters.underruns, 0U);
    ASSERT_EQ(p.out.reached().size(), 1U);
    EXPECT_EQ(p.out.reached()[0].mark, "m");
}

TEST(playout, audio_streamed_just_in_time_has_no_hole_at_any_rate) {
    for (const int from : {8000, 11'025, 16'000, 22'050, 24'000, 44'100, 48'000}) {
        player p;
        std::vector<std::int16_t> out;
        const auto samples = tone(static_cast<std::size_t>(from) * 2, from); // two seconds
        for (std::size_t i = 0; i < 100; ++i) {
            const auto at = [&](std::size_t n) { return samples.size() * n / 100; };
            p.out.queue().append(std::span(samples).subspan(at(i), at(i + 1) - at(i)), from);
            const auto f = p.frame();
            out.insert(out.end(), f.begin(), f.end());
        }
        const auto heard = std::span(out).subspan(out.size() > 160 && out[80] == 0 ? 160 : 0);
        EXPECT_FALSE(has_hole(heard)) << from;
        EXPECT_EQ(p.counters.underruns, 0U) << from;
        EXPECT_LE(p.counters.silence_frames_sent, 1U) << from;
    }
}

TEST(playout, running_dry_is_one_underrun_however_long_the_dry_spell) {
    player p;
    for (int spell = 1; spell <= 3; ++spell) {
        p.out.queue().append(count_up(400), 8000); // two frames and a half
        for (int i = 0; i < 10; ++i)
            p.frame();
        EXPECT_EQ(p.counters.underruns, static_cast<std::uint64_t>(spell));
    }
    for (int spell = 4; spell <= 6; ++spell) {
        p.out.queue().append(count_up(320), 8000); // two frames exactly
        for (int i = 0; i < 10; ++i)
            p.frame();
        EXPECT_EQ(p.counters.underruns, static_cast<std::uint64_t>(spell));
    }
}

TEST(playout, the_end_of_a_clip_or_a_marked_stretch_is_not_an_underrun) {
    player p;
    p.out.queue().append(clip(count_up(400), 8000));
    for (int i = 0; i < 5; ++i)
        p.frame();
    p.out.queue().append(count_up(400), 8000);
    p.out.queue().append_mark("m");
    for (int i = 0; i < 5; ++i)
        p.frame();
    EXPECT_EQ(p.counters.underruns, 0U);
}

TEST(playout, paused_it_sends_silence_and_goes_on_where_it_was) {
    player p;
    p.out.queue().append(count_up(480), 8000);
    EXPECT_EQ(p.frame(), count_up(160));
    p.out.pause(true);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(p.frame(), silence);
    EXPECT_EQ(p.out.queue().queued(), 40ms);
    EXPECT_EQ(p.counters.underruns, 0U);
    p.out.pause(false);
    EXPECT_EQ(p.frame(), count_up(160, 161));
    EXPECT_EQ(p.frame(), count_up(160, 321));
}

TEST(playout, after_a_clear_new_audio_is_a_new_beginning) {
    // A fragment that followed a clear at once was played with a hole behind it.
    player p;
    p.out.queue().append(count_up(1600), 8000);
    p.frame();
    std::vector<cleared_event> cut;
    p.out.clear(cut);
    p.out.queue().append(count_up(80), 8000);
    EXPECT_EQ(p.frame(), silence);
    p.out.queue().append(count_up(80, 81), 8000);
    EXPECT_EQ(p.frame(), count_up(160));
    EXPECT_EQ(p.counters.underruns, 0U);
}

TEST(playout, lateness_is_counted_when_the_frame_has_gone) {
    player p;
    const auto send_after = [&](clock::duration late) { p.out.count_sent(p.out.make_frame().due + late); };
    send_after(0ms);
    send_after(5ms);
    EXPECT_EQ(p.counters.late_frames, 0U);
    send_after(5001us);
    send_after(-3ms); // a clock that went back
    EXPECT_EQ(p.counters.late_frames, 1U);
    EXPECT_EQ(p.counters.lateness_max, 5001us);
    EXPECT_EQ(p.counters.frames_sent, 4U);
}
