// SPDX-License-Identifier: Apache-2.0
#include "call/rate_detector.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// Feeds messages of this length, one each `every`, until the rate is decided. Returns their number.
int observe(rate_detector& rate, std::size_t payload_bytes, std::chrono::milliseconds every, time_point& now) {
    int messages = 0;
    do {
        rate.observe(payload_bytes, now);
        now += every;
        ++messages;
    } while (!rate.decided() && now < rate.deadline());
    rate.decide();
    return messages;
}

constexpr std::array frame_times{10ms, 20ms, 30ms, 40ms, 60ms};

std::size_t frame_bytes(int rate_hz, std::chrono::milliseconds time) {
    return static_cast<std::size_t>(rate_hz) * static_cast<std::size_t>(time.count()) / 1000 * 2;
}

} // namespace

TEST(rate_detector, twenty_ms_and_less_by_the_label_are_never_in_doubt) {
    for (const std::size_t size : {1U, 2U, 33U, 160U, 319U, 320U}) {
        rate_detector rate;
        rate.observe(size, epoch);
        EXPECT_TRUE(rate.decided()) << size;
        EXPECT_EQ(rate.kind(), kind::slin);
    }
}

TEST(rate_detector, length_that_no_frame_of_another_rate_has_is_never_in_doubt) {
    for (const std::size_t size : {322U, 700U, 16'000U, 65'534U}) {
        rate_detector rate;
        rate.observe(size, epoch);
        EXPECT_TRUE(rate.decided()) << size;
        EXPECT_EQ(rate.kind(), kind::slin);
    }
}

TEST(rate_detector, every_rate_is_found_by_the_time_between_its_frames) {
    for (const int hz : slin_rates_hz)
        for (const auto time : frame_times) {
            if (frame_bytes(hz, time) <= 320) continue; // as long as a usual frame of 8 kHz
            SCOPED_TRACE(std::to_string(hz) + " Hz, " + std::to_string(time.count()) + " ms");
            rate_detector rate;
            time_point now = epoch;
            EXPECT_LE(observe(rate, frame_bytes(hz, time), time, now), 22);
            EXPECT_EQ(rate.kind(), *slin_kind(hz));
            EXPECT_LE(now - epoch, 500ms);
        }
}

TEST(rate_detector, frames_that_asterisk_sends_together_at_the_start_do_not_count) {
    for (const auto& [time, expected] : {std::pair{20ms, kind::slin16}, {40ms, kind::slin}}) {
        rate_detector rate;
        time_point now = epoch;
        for (int i = 0; i < 25; ++i)
            rate.observe(640, now);
        EXPECT_FALSE(rate.decided());
        now += 13ms;
        observe(rate, 640, time, now);
        EXPECT_EQ(rate.kind(), expected);
    }
}

TEST(rate_detector, jitter_and_a_reader_that_is_late_do_not_change_the_answer) {
    for (const auto& [time, expected] : {std::pair{20ms, kind::slin16}, {40ms, kind::slin}})
        for (unsigned seed = 1; seed <= 200; ++seed) {
            std::mt19937 random{seed};
            rate_detector rate;
            time_point seen = epoch;
            time_point stuck_until = epoch;
            for (int i = 0; !rate.decided() && (i == 0 || seen < rate.deadline()); ++i) {
                const time_point sent = epoch + i * time + std::chrono::microseconds(random() % 6000);
                if (random() % 20 == 0) stuck_until = sent + 60ms; // and then all at once
                seen = std::max({seen, sent, stuck_until});
                rate.observe(640, seen);
            }
            rate.decide();
            EXPECT_EQ(rate.kind(), expected) << "seed " << seed;
        }
}

TEST(rate_detector, other_lengths_on_the_way_speak_for_the_label) {
    rate_detector rate;
    rate.observe(640, epoch);
    rate.observe(642, epoch + 20ms);
    EXPECT_TRUE(rate.decided());
    EXPECT_EQ(rate.kind(), kind::slin);
}

TEST(rate_detector, too_little_until_the_deadline_is_taken_as_labelled) {
    rate_detector rate;
    for (int i = 0; i < 5; ++i)
        rate.observe(640, epoch + i * 20ms);
    EXPECT_FALSE(rate.decided());
    EXPECT_EQ(rate.deadline(), epoch + 1s);
    rate.decide();
    EXPECT_TRUE(rate.decided());
    EXPECT_EQ(rate.kind(), kind::slin);
}

TEST(rate_detector, a_second_that_arrives_in_one_go_is_enough_after_a_first_message) {
    rate_detector rate;
    rate.observe(640, epoch);
    for (int i = 0; i < 45; ++i)
        rate.observe(640, epoch + 900ms);
    rate.decide();
    EXPECT_EQ(rate.kind(), kind::slin16);
}

TEST(rate_detector, time_between_frames_that_fits_badly_is_measured_until_the_deadline) {
    for (const auto& [every, expected] : {std::pair{22ms, kind::slin16}, {18ms, kind::slin16}, {36ms, kind::slin}}) {
        rate_detector rate;
        time_point now = epoch;
        EXPECT_GE(observe(rate, 640, every, now), 25);
        EXPECT_EQ(rate.kind(), expected);
    }
}

TEST(rate_detector, pace_of_no_rate_is_taken_as_labelled) {
    rate_detector rate;
    time_point now = epoch;
    observe(rate, 640, 25ms, now);
    EXPECT_EQ(rate.kind(), kind::slin);
}
