// SPDX-License-Identifier: Apache-2.0
#include "backend/speech_detector.hpp"

#include <gtest/gtest.h>

#include <vector>

using audiosocket::app::backend::speech_detector;

namespace {

// Returns the changes that these samples cause. The pieces do not fit the detector's blocks.
std::vector<bool> changes(speech_detector& detector, std::int16_t sample, std::size_t ms) {
    std::vector<bool> all;
    const std::vector<std::int16_t> samples(ms * 8, sample);
    for (std::size_t at = 0; at < samples.size(); at += 100)
        detector.add(std::span(samples).subspan(at, std::min<std::size_t>(100, samples.size() - at)),
                     [&](bool speaks) { all.push_back(speaks); });
    return all;
}

} // namespace

TEST(speech_detector, speech_begins_after_60_ms_and_ends_after_half_a_second) {
    speech_detector caller(8000, -35);
    EXPECT_TRUE(changes(caller, 100, 1000).empty());
    EXPECT_TRUE(changes(caller, 4000, 40).empty());
    EXPECT_TRUE(changes(caller, 0, 20).empty());
    EXPECT_TRUE(changes(caller, 4000, 40).empty());
    EXPECT_EQ(changes(caller, 4000, 20), std::vector<bool>{true});
    EXPECT_TRUE(caller.speaks());
    EXPECT_TRUE(changes(caller, 0, 480).empty());
    EXPECT_TRUE(changes(caller, 4000, 20).empty());
    EXPECT_TRUE(changes(caller, 0, 480).empty());
    EXPECT_EQ(changes(caller, 0, 20), std::vector<bool>{false});
}
