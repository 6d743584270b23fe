// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/encoding_detector.hpp>

#include "signals.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace audiosocket {
namespace {

using test::make;
using test::samples;
using test::wave;

constexpr std::array all_encodings{encoding::slin, encoding::ulaw, encoding::alaw};
constexpr std::array<std::size_t, 5> payload_sizes{80, 160, 240, 320, 480};
constexpr std::size_t two_seconds = 16000;

struct signal {
    std::string name;
    samples sound;
};

void add_at_all_levels(std::vector<signal>& to, const std::string& name, const wave& w) {
    for (int dbfs = -50; dbfs <= 0; dbfs += 5) {
        to.push_back({name + " at " + std::to_string(dbfs) + " dBFS", make(two_seconds, dbfs, w)});
    }
}

// What telephones carry: must be recognised in every encoding.
std::vector<signal> ordinary_signals() {
    std::vector<signal> all;
    add_at_all_levels(all, "low voice", test::voiced(110));
    add_at_all_levels(all, "high voice", test::voiced(235));
    add_at_all_levels(all, "chord",
                      test::sum(0.3, {test::sine(261.6), test::sine(329.6), test::sine(392), test::sine(1046.5)}));
    add_at_all_levels(all, "gaussian noise", test::gaussian_noise(1, 0.3));
    add_at_all_levels(all, "uniform noise", test::uniform_noise(2));
    for (const double hz : {350.0, 425.0, 440.0, 697.0, 950.0, 1004.0, 1209.0, 1400.0}) {
        add_at_all_levels(all, std::to_string(hz) + " Hz", test::sine(hz));
    }
    for (const double low : {697.0, 770.0, 852.0, 941.0}) {
        for (const double high : {1209.0, 1336.0, 1477.0, 1633.0}) {
            add_at_all_levels(all, "dtmf", test::sum(0.5, {test::sine(low), test::sine(high)}));
        }
    }
    return all;
}

// The slin that looks most like another encoding; it must still be recognised as slin.
std::vector<signal> hostile_signals() {
    std::vector<signal> all;
    const auto sign = [](wave w) { return [w](std::size_t i) { return w(i) > 0 ? 1.0 : -1.0; }; };
    add_at_all_levels(all, "square wave", sign(test::sine(300)));
    add_at_all_levels(all, "random square wave", sign(test::uniform_noise(3)));
    add_at_all_levels(all, "clipped noise", test::gaussian_noise(4, 5));
    add_at_all_levels(all, "clipped voice", test::voiced(110, 8));
    add_at_all_levels(all, "pulses", [](std::size_t i) { return i % 80 == 0 ? 1.0 : 0.0; });
    for (const double hz : {500.0, 1000.0, 1600.0, 2000.0, 2500.0, 3000.0, 3900.0, 4000.0}) {
        add_at_all_levels(all, std::to_string(hz) + " Hz", test::sine(hz));
    }
    for (unsigned seed = 0; seed < 100; ++seed) {
        std::mt19937 engine(seed);
        std::uniform_real_distribution<double> hz(20, 3980);
        std::uniform_real_distribution<double> dbfs(-50, 0);
        const wave pair = test::sum(0.5, {test::sine(hz(engine)), test::sine(hz(engine))});
        all.push_back({"tone pair " + std::to_string(seed), make(two_seconds, dbfs(engine), pair)});
    }
    all.push_back({"full-scale random bytes", test::random_samples(two_seconds, 5)});
    all.push_back({"dither", make(two_seconds, -90, test::uniform_noise(6))});
    all.push_back({"constant", samples(two_seconds, 4660)});
    return all;
}

// The same after a passage through G.711, as in most calls.
samples through(encoding law, samples sound) {
    const auto bytes = test::encoded(law, sound);
    decode(law, bytes, sound);
    return sound;
}

// Returns after how many payloads the guess stayed right; nothing if it never did.
struct verdict {
    std::optional<std::size_t> right_after;
    std::size_t wrong = 0;
    bool wrongly_firm = false;
};

verdict listen(encoding truth, std::span<const std::int16_t> sound, std::size_t payload_bytes) {
    const auto bytes = test::encoded(truth, sound);
    encoding_detector detector;
    verdict v;
    for (std::size_t i = 0; (i + 1) * payload_bytes <= bytes.size(); ++i) {
        const auto payload = std::span(bytes).subspan(i * payload_bytes, payload_bytes);
        const bool was_firm = detector.firm();
        const encoding before = detector.guess();
        const bool right = detector.observe(payload) == truth;
        if (was_firm) {
            EXPECT_EQ(detector.guess(), before) << "a firm guess flipped";
        }
        if (!right) {
            ++v.wrong;
            v.right_after.reset();
            v.wrongly_firm = v.wrongly_firm || detector.firm();
        } else if (!v.right_after) {
            v.right_after = i;
        }
    }
    return v;
}

TEST(encoding_detector, slin_of_any_kind_is_never_taken_for_g711) {
    auto all = ordinary_signals();
    for (auto& s : hostile_signals()) {
        all.push_back(std::move(s));
    }
    for (const signal& s : all) {
        for (const std::size_t size : payload_sizes) {
            EXPECT_EQ(listen(encoding::slin, s.sound, size).wrong, 0U) << s.name << ", " << size;
        }
        for (const encoding law : {encoding::ulaw, encoding::alaw}) {
            const samples sound = through(law, s.sound);
            EXPECT_EQ(listen(encoding::slin, sound, 160).wrong, 0U) << s.name << " by " << name(law);
            EXPECT_EQ(listen(encoding::slin, sound, 320).wrong, 0U) << s.name << " by " << name(law);
        }
    }
}

TEST(encoding_detector, g711_of_ordinary_sound_is_recognised_within_160_ms) {
    for (const signal& s : ordinary_signals()) {
        for (const encoding law : {encoding::ulaw, encoding::alaw}) {
            for (const std::size_t size : payload_sizes) {
                const verdict v = listen(law, s.sound, size);
                ASSERT_TRUE(v.right_after) << s.name << ", " << name(law) << ", " << size;
                EXPECT_LE(*v.right_after * size, 1280U) << s.name << ", " << name(law) << ", " << size;
                EXPECT_FALSE(v.wrongly_firm) << s.name << ", " << name(law) << ", " << size;
            }
        }
    }
}

TEST(encoding_detector, voice_makes_it_firm_within_half_a_second) {
    for (const encoding truth : all_encodings) {
        const auto bytes = test::encoded(truth, make(two_seconds, -15, test::voiced(140)));
        encoding_detector detector;
        std::size_t payloads = 0;
        while (!detector.firm() && payloads < 25) {
            detector.observe(std::span(bytes).subspan(payloads++ * 160, 160));
        }
        EXPECT_TRUE(detector.firm()) << name(truth);
        EXPECT_EQ(detector.guess(), truth);
    }
}

TEST(encoding_detector, digital_silence_is_guessed_but_never_firm) {
    const auto after_silence = [](int byte, std::size_t size) {
        encoding_detector detector;
        const std::vector<std::byte> payload(size, static_cast<std::byte>(byte));
        for (int i = 0; i < 1000; ++i) {
            detector.observe(payload);
        }
        EXPECT_FALSE(detector.firm()) << byte;
        return detector.guess();
    };
    EXPECT_EQ(after_silence(0x00, 160), encoding::slin);
    EXPECT_EQ(after_silence(0x00, 320), encoding::slin);
    EXPECT_EQ(after_silence(0xff, 160), encoding::ulaw);
    EXPECT_EQ(after_silence(0xff, 320), encoding::slin); // -1 is as good a silence
    EXPECT_EQ(after_silence(0x7f, 160), encoding::ulaw);
    EXPECT_EQ(after_silence(0xd5, 160), encoding::alaw);
    EXPECT_EQ(after_silence(0x55, 160), encoding::alaw);
}

TEST(encoding_detector, idle_line_is_guessed_in_each_encoding) {
    const samples hiss = make(two_seconds, -70, test::gaussian_noise(7, 0.3));
    for (const encoding truth : all_encodings) {
        const verdict v = listen(truth, hiss, 160);
        EXPECT_EQ(v.wrong, 0U) << name(truth);
    }
}

TEST(encoding_detector, voice_after_a_minute_of_silence_is_recognised_at_once) {
    for (const encoding truth : all_encodings) {
        samples sound(480000, 0);
        const samples voice = make(two_seconds, -15, test::voiced(140));
        sound.insert(sound.end(), voice.begin(), voice.end());
        const verdict v = listen(truth, sound, 160);
        EXPECT_FALSE(v.wrongly_firm) << name(truth);
        EXPECT_TRUE(v.right_after) << name(truth);
    }
}

TEST(encoding_detector, odd_and_tiny_and_empty_payloads_do_no_harm) {
    const auto bytes = test::encoded(encoding::ulaw, make(two_seconds, -15, test::voiced(140)));
    encoding_detector detector;
    EXPECT_EQ(detector.observe({}), encoding::slin);
    EXPECT_EQ(detector.observe(std::span(bytes).first(1)), encoding::slin);
    EXPECT_EQ(detector.observe(std::span(bytes).first(15)), encoding::slin);
    for (std::size_t i = 0; i < 50; ++i) {
        detector.observe(std::span(bytes).subspan(i * 161, 161));
    }
    EXPECT_EQ(detector.guess(), encoding::ulaw);
    detector.observe(bytes); // 16,000 bytes
    EXPECT_EQ(detector.guess(), encoding::ulaw);
}

TEST(encoding_detector, reset_forgets_a_firm_guess) {
    const auto sound = make(two_seconds, -15, test::voiced(140));
    encoding_detector detector;
    const auto ulaw = test::encoded(encoding::ulaw, sound);
    for (std::size_t i = 0; i < 25; ++i) {
        detector.observe(std::span(ulaw).subspan(i * 160, 160));
    }
    ASSERT_TRUE(detector.firm());
    detector.reset();
    EXPECT_FALSE(detector.firm());
    EXPECT_EQ(detector.guess(), encoding::slin);
    const auto slin = test::encoded(encoding::slin, sound);
    for (std::size_t i = 0; i < 25; ++i) {
        detector.observe(std::span(slin).subspan(i * 320, 320));
    }
    EXPECT_TRUE(detector.firm());
    EXPECT_EQ(detector.guess(), encoding::slin);
}

} // namespace
} // namespace audiosocket
