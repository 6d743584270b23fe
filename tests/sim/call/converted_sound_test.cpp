// SPDX-License-Identifier: Apache-2.0
// An application plays sounds of any rate, one behind the other. What is sent is compared with what a resampler makes
// of them, sample by sample. A seed names a call (support/seed.hpp).

#include "support/seed.hpp"
#include "support/session_driver.hpp"
#include "support/simulated_time.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class converted_sound {
  public:
    explicit converted_sound(unsigned seed) : dice_(seed * 2654435761U + 13), driver_(options()) {}

    void run() {
        driver_.receive(id_frame());
        for (int n = 1 + pick(6); n > 0; --n) {
            const int rate = any_rate();
            play(static_cast<std::size_t>(rate / 1000 + pick(rate * 2 / 5)), rate);
            // The queue never runs empty between two sounds.
            while (driver_->queued() > 200ms && !chance(3))
                driver_.run_for(std::chrono::milliseconds(pick(100)));
        }
        end_stream();
        driver_.act([](session& s) { return s.mark("end"); });
        driver_.act([](session& s) { return s.hang_up_when_played(); });
        for (int n = 0; n < 400 && driver_.fin_at == time_point::max(); ++n)
            driver_.run_for(10ms);
        driver_.receive_end();
    }

    void check() const {
        std::vector<std::int16_t> sent;
        for (const auto& m : driver_.frames()) {
            const auto samples = m.samples();
            if (sent.empty() && std::ranges::count(samples, 0) == std::ssize(samples)) continue; // before the sound
            sent.insert(sent.end(), samples.begin(), samples.end());
        }
        ASSERT_GE(sent.size(), expected_.size());
        const auto end = sent.begin() + std::ssize(expected_);
        EXPECT_EQ(std::mismatch(sent.begin(), end, expected_.begin()).first - sent.begin(), std::ssize(expected_))
            << "the first wrong sample";
        EXPECT_EQ(std::count(end, sent.end(), 0), sent.end() - end) << "sound behind the end";
        ASSERT_EQ(driver_.log.size(), 3U);
        EXPECT_TRUE(driver_.log[1].starts_with("played end ")) << driver_.log[1];
        const auto reported = std::chrono::milliseconds(std::stoll(driver_.log[1].substr(11)));
        EXPECT_LE(std::chrono::abs(reported - played_), 1ms) << "of " << played_ / 1us << " us";
        EXPECT_EQ(driver_.log[2], ended(end_reason::hung_up));
    }

    clock::duration simulated() const { return driver_.now - epoch; }

  private:
    int pick(int count) { return static_cast<int>(dice_() % static_cast<unsigned>(count)); }
    bool chance(int one_in) { return pick(one_in) == 0; }

    call_options options() {
        static constexpr std::array kinds{kind::slin,   kind::slin,   kind::slin16,
                                          kind::slin24, kind::slin44, kind::slin48};
        call_options o;
        const kind what = kinds[static_cast<std::size_t>(pick(static_cast<int>(kinds.size())))];
        o.send_format = media_format{what, encoding::slin};
        out_rate_ = rate_hz(what);
        return o;
    }

    int any_rate() {
        static constexpr std::array rates{4000,   8000,   8000,   11'025, 16'000, 16'000,
                                          22'050, 24'000, 44'100, 48'000, 96'000};
        return rates[static_cast<std::size_t>(pick(static_cast<int>(rates.size())))];
    }

    // Plays a clip, or the same in pieces as it comes from a stream.
    void play(std::size_t samples, int rate) {
        if (rate != stream_rate_) end_stream();
        stream_rate_ = rate;
        played_ += std::chrono::nanoseconds(std::chrono::seconds(samples)) / rate;
        std::vector<std::int16_t> sound(samples);
        std::ranges::generate(sound, [&] { return static_cast<std::int16_t>(1 + pick(8000)); });
        stream_.insert(stream_.end(), sound.begin(), sound.end());
        if (chance(2)) {
            driver_.act([&](session& s) { return s.play(clip(sound, rate)); });
            return;
        }
        for (std::span<const std::int16_t> rest(sound); !rest.empty();) {
            const auto piece = rest.first(std::min(rest.size(), 1 + static_cast<std::size_t>(pick(rate / 20))));
            driver_.act([&](session& s) { return s.play(piece, rate); });
            rest = rest.subspan(piece.size());
        }
    }

    // Sounds of one rate in a row are converted together.
    void end_stream() {
        if (stream_.empty()) return;
        resampler convert(stream_rate_, out_rate_);
        std::vector<std::int16_t> out(convert.output_samples_max(stream_.size()) + static_cast<std::size_t>(out_rate_));
        std::size_t made = convert.process(stream_, out).produced;
        while (const std::size_t more = convert.flush(std::span(out).subspan(made)))
            made += more;
        expected_.insert(expected_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(made));
        stream_.clear();
    }

    std::mt19937 dice_;
    int out_rate_ = 0;
    session_driver driver_;
    int stream_rate_ = 0;
    std::vector<std::int16_t> stream_;   // the sounds of this rate
    std::vector<std::int16_t> expected_; // on the wire
    std::chrono::nanoseconds played_{};
};

} // namespace

TEST(simulation, what_is_played_at_other_rates_is_sent_to_its_last_sample) {
    simulated_time simulated;
    for_each_seed(200, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        converted_sound sound(seed);
        sound.run();
        sound.check();
        simulated.add(sound.simulated());
        return !testing::Test::HasFailure();
    });
}
