// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/resampler.hpp>

#include "signals.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

namespace audiosocket {
namespace {

using test::samples;

// The nine rates of the protocol.
constexpr std::array protocol_rates{8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000};

std::uint64_t rounded_up(std::uint64_t in_samples, int in_rate, int out_rate) {
    const auto in = static_cast<std::uint64_t>(in_rate);
    return (in_samples * static_cast<std::uint64_t>(out_rate) + in - 1) / in;
}

// Sends a whole stream through, in blocks of the sizes that next() returns.
template <class Next>
samples run(resampler& r, std::span<const std::int16_t> in, Next next_block) {
    samples out;
    const auto take = [&](std::size_t at, std::size_t got) { out.resize(at + got); };
    while (!in.empty()) {
        const auto block = in.first(std::min<std::size_t>(next_block(), in.size()));
        const std::size_t at = out.size();
        out.resize(at + r.output_samples_max(block.size()));
        const auto step = r.process(block, std::span(out).subspan(at));
        EXPECT_EQ(step.consumed, block.size());
        take(at, step.produced);
        in = in.subspan(block.size());
    }
    for (std::size_t got = 1; got != 0;) {
        const std::size_t at = out.size();
        out.resize(at + 100);
        got = r.flush(std::span(out).subspan(at));
        take(at, got);
    }
    return out;
}

TEST(resampler, rates_and_quality_out_of_range_are_refused) {
    EXPECT_THROW(resampler(3999, 8000), std::invalid_argument);
    EXPECT_THROW(resampler(8000, 768001), std::invalid_argument);
    EXPECT_THROW(resampler(0, 8000), std::invalid_argument);
    EXPECT_THROW(resampler(-8000, 8000), std::invalid_argument);
    EXPECT_THROW(resampler(8000, 16000, 11), std::invalid_argument);
    EXPECT_THROW(resampler(8000, 16000, -1), std::invalid_argument);
    EXPECT_NO_THROW(resampler(4000, 768000));
    EXPECT_NO_THROW(resampler(768000, 4000));
}

TEST(resampler, equal_rates_pass_through_bit_exact_and_at_once) {
    resampler r(8000, 8000);
    const samples in = test::random_samples(1000, 1);
    samples out(600);
    const auto step = r.process(in, out);
    EXPECT_EQ(step.consumed, 600U);
    EXPECT_EQ(step.produced, 600U);
    EXPECT_TRUE(std::equal(out.begin(), out.end(), in.begin()));
    EXPECT_EQ(r.flush(out), 0U);
    EXPECT_EQ(r.delay().count(), 0);
}

TEST(resampler, ten_seconds_of_every_pair_come_out_to_the_sample) {
    for (const int in_rate : protocol_rates) {
        for (const int out_rate : protocol_rates) {
            resampler r(in_rate, out_rate, 0); // the count does not depend on the quality
            const std::size_t block = static_cast<std::size_t>(in_rate) / 50;
            const samples in(500 * block + 7, 100); // not a round number
            const samples out = run(r, in, [=] { return block; });
            EXPECT_EQ(out.size(), rounded_up(in.size(), in_rate, out_rate)) << in_rate << " to " << out_rate;
        }
    }
}

TEST(resampler, an_hour_comes_out_to_the_sample) {
    for (const auto& [in_rate, out_rate] : {std::pair(8000, 16000), std::pair(44100, 8000)}) {
        resampler r(in_rate, out_rate, 0);
        const samples block(static_cast<std::size_t>(in_rate) / 50, 1000);
        samples out(r.output_samples_max(block.size()));
        std::uint64_t produced = 0;
        constexpr std::uint64_t blocks = 3600 * 50;
        for (std::uint64_t i = 0; i < blocks; ++i) {
            const auto step = r.process(block, out);
            ASSERT_EQ(step.consumed, block.size());
            produced += step.produced;
        }
        for (std::size_t got = 1; got != 0; produced += got) {
            got = r.flush(out);
        }
        EXPECT_EQ(produced, rounded_up(blocks * block.size(), in_rate, out_rate));
    }
}

TEST(resampler, how_a_stream_is_cut_changes_no_sample) {
    for (const auto& [in_rate, out_rate] :
         {std::pair(8000, 16000), std::pair(48000, 8000), std::pair(44100, 16000), std::pair(8000, 192000)}) {
        const samples in = test::random_samples(20000, 2);
        resampler r(in_rate, out_rate);
        const samples whole = run(r, in, [&] { return in.size(); });
        EXPECT_EQ(run(r, in, [] { return 1; }), whole);
        for (unsigned seed = 0; seed < 5; ++seed) {
            std::mt19937 engine(seed);
            std::uniform_int_distribution<std::size_t> size(1, 1500);
            EXPECT_EQ(run(r, in, [&] { return size(engine); }), whole) << "seed " << seed;
        }
    }
}

TEST(resampler, little_room_for_output_changes_no_sample) {
    const samples in = test::random_samples(5000, 3);
    resampler r(8000, 24000);
    const samples whole = run(r, in, [&] { return in.size(); });
    samples out;
    std::span<const std::int16_t> rest = in;
    std::array<std::int16_t, 7> room{};
    while (!rest.empty()) {
        const auto step = r.process(rest, room);
        out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.produced));
        rest = rest.subspan(step.consumed);
    }
    for (std::size_t got = 1; got != 0;) {
        got = r.flush(room);
        out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got));
    }
    EXPECT_EQ(out, whole);
}

// Returns the ratio of signal to everything else, in dB, of a sine of known frequency and phase, without the edges.
double sine_snr_db(const samples& out, double hz, double rate_hz, double dbfs) {
    const samples ideal = test::make(out.size(), dbfs, test::sine(hz, rate_hz));
    const std::size_t edge = static_cast<std::size_t>(rate_hz / 50);
    double signal = 0;
    double noise = 0;
    for (std::size_t i = edge; i + edge < out.size(); ++i) {
        signal += std::pow(ideal[i], 2);
        noise += std::pow(out[i] - ideal[i], 2);
    }
    return 10 * std::log10(signal / noise);
}

// Compares with the sine at the same place, so that a delay, a gap or a click counts as noise.
TEST(resampler, a_sine_keeps_its_shape_and_its_place_in_time) {
    for (const int in_rate : protocol_rates) {
        for (const int out_rate : protocol_rates) {
            for (const double hz : {300.0, 1000.0, 3000.0}) {
                const samples in = test::make(static_cast<std::size_t>(in_rate) / 2, -6, test::sine(hz, in_rate));
                resampler r(in_rate, out_rate);
                const std::size_t block = static_cast<std::size_t>(in_rate) / 50;
                const samples out = run(r, in, [=] { return block; });
                EXPECT_GT(sine_snr_db(out, hz, out_rate, -6), 60) << hz << " Hz, " << in_rate << " to " << out_rate;
            }
        }
    }
}

TEST(resampler, delay_is_a_few_milliseconds) {
    for (const int in_rate : protocol_rates) {
        for (const int out_rate : protocol_rates) {
            EXPECT_LE(resampler(in_rate, out_rate).delay(), std::chrono::microseconds(5100))
                << in_rate << " to " << out_rate;
        }
    }
}

TEST(resampler, after_flush_and_after_reset_it_is_as_new) {
    const samples in = test::random_samples(3000, 4);
    resampler r(16000, 44100);
    const auto whole = [&] { return in.size(); };
    const samples first = run(r, in, whole);
    EXPECT_EQ(run(r, in, whole), first);
    samples out(1000);
    r.process(std::span(in).first(333), out);
    r.reset();
    EXPECT_EQ(run(r, in, whole), first);
    EXPECT_EQ(r.flush(out), 0U);
}

TEST(resampler, moved_object_carries_the_stream_on) {
    const samples in = test::random_samples(2000, 5);
    resampler r(8000, 16000);
    const samples whole = run(r, in, [&] { return in.size(); });
    samples out(4100);
    const auto step = r.process(std::span(in).first(1000), out);
    resampler moved = std::move(r);
    const samples rest = run(moved, std::span(in).subspan(1000), [] { return 160; });
    out.resize(step.produced);
    out.insert(out.end(), rest.begin(), rest.end());
    EXPECT_EQ(out, whole);
}

} // namespace
} // namespace audiosocket
