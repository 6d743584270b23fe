// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/level_meter.hpp>

#include "signals.hpp"

#include <gtest/gtest.h>

namespace audiosocket {
namespace {

TEST(level_meter, nothing_and_silence_read_the_floor) {
    level_meter meter;
    EXPECT_EQ(meter.take().peak_dbfs, level::floor_dbfs);
    meter.add(test::samples(160, 0));
    const level silence = meter.take();
    EXPECT_EQ(silence.peak_dbfs, level::floor_dbfs);
    EXPECT_EQ(silence.rms_dbfs, level::floor_dbfs);
}

TEST(level_meter, full_scale_square_reads_zero) {
    level_meter meter;
    meter.add(test::samples(160, -32768));
    const level square = meter.take();
    EXPECT_DOUBLE_EQ(square.peak_dbfs, 0);
    EXPECT_DOUBLE_EQ(square.rms_dbfs, 0);
}

TEST(level_meter, sine_reads_three_decibels_under_its_peak) {
    for (const double dbfs : {0.0, -20.0, -40.0}) {
        level_meter meter;
        meter.add(test::make(8000, dbfs, test::sine(441)));
        const level sine = meter.take();
        EXPECT_NEAR(sine.peak_dbfs, dbfs, 0.05);
        EXPECT_NEAR(sine.rms_dbfs, dbfs - 3.01, 0.05);
    }
}

TEST(level_meter, take_covers_all_blocks_since_the_last) {
    level_meter meter;
    meter.add(test::samples(80, 16384));
    meter.add(test::samples(80, 0));
    const level both = meter.take();
    EXPECT_NEAR(both.peak_dbfs, -6.02, 0.01);
    EXPECT_NEAR(both.rms_dbfs, -9.03, 0.01);
    EXPECT_EQ(meter.take().peak_dbfs, level::floor_dbfs);
}

} // namespace
} // namespace audiosocket
