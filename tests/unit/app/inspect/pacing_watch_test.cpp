// SPDX-License-Identifier: Apache-2.0
#include "inspect/pacing_watch.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;

struct pacing : testing::Test {
    pacing_watch watch;
    remark_list remarks;

    void audio(std::chrono::microseconds at, std::chrono::nanoseconds duration = 20ms) {
        watch.audio_arrived({0, at}, duration, remarks);
    }
    const remark* find(fault f) const {
        const auto found = remarks.all().find(f);
        return found == remarks.all().end() ? nullptr : &found->second;
    }
};

TEST_F(pacing, audio_every_20_ms_is_right) {
    watch.id_arrived(0ms);
    for (int i = 1; i < 1000; ++i)
        audio(i * 20ms + (i % 3) * 1ms);
    watch.ended({0, 20010ms}, true, remarks);
    EXPECT_TRUE(remarks.all().empty());
}

TEST_F(pacing, gap_is_counted_over_40_ms) {
    audio(0ms);
    audio(40ms);
    EXPECT_EQ(find(fault::audio_gap), nullptr);
    audio(81ms);
    ASSERT_NE(find(fault::audio_gap), nullptr);
    EXPECT_EQ(find(fault::audio_gap)->worst, 41);
}

TEST_F(pacing, longer_frames_may_come_less_often) {
    for (int i = 0; i < 50; ++i)
        audio(i * 60ms, 60ms);
    EXPECT_TRUE(remarks.all().empty());
}

TEST_F(pacing, late_first_audio_is_noted) {
    watch.id_arrived(0ms);
    audio(41ms);
    EXPECT_NE(find(fault::late_first_audio), nullptr);
}

TEST_F(pacing, silent_server_costs_the_call_unless_the_capture_is_one_sided) {
    watch.id_arrived(0ms);
    watch.ended({0, 1s}, false, remarks);
    EXPECT_TRUE(remarks.all().empty());
    pacing_watch other;
    other.id_arrived(0ms);
    other.ended({0, 1s}, true, remarks);
    EXPECT_NE(find(fault::no_audio), nullptr);
    EXPECT_TRUE(remarks.costs_call());
}

TEST_F(pacing, what_may_be_in_a_hole_of_the_capture_is_not_missed) {
    watch.id_arrived(0ms);
    watch.forget();
    watch.ended({0, 1s}, true, remarks);
    EXPECT_TRUE(remarks.all().empty());
}

TEST_F(pacing, silence_before_the_end_is_a_gap_and_what_comes_after_is_none) {
    audio(0ms);
    watch.ended({0, 500ms}, true, remarks);
    audio(900ms);
    ASSERT_NE(find(fault::audio_gap), nullptr);
    EXPECT_EQ(find(fault::audio_gap)->count, 1U);
    EXPECT_EQ(find(fault::audio_gap)->worst, 500);
}

} // namespace
} // namespace audiosocket::app::inspect
