// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/clip.hpp>

#include "signals.hpp"

#include <audiosocket/audio/sound_writer.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;
using test::samples;

TEST(clip, copies_share_their_samples) {
    const clip original(samples{1, 2, 3, 4}, 8000);
    const clip copy = original; // NOLINT: the copy is the point
    EXPECT_EQ(copy.samples().data(), original.samples().data());
    EXPECT_EQ(copy.rate_hz(), 8000);
    EXPECT_EQ(copy.duration(), 500us);
}

TEST(clip, rate_that_is_not_positive_is_refused) {
    EXPECT_THROW(clip({}, 0), std::invalid_argument);
    EXPECT_THROW(clip({}, -8000), std::invalid_argument);
}

TEST(clip, load_reads_the_whole_file_at_the_rate_asked_for) {
    const test::temporary_directory directory;
    const samples in = test::random_samples(20001, 1);
    sound_writer(directory / "x.wav", 8000).write(in);
    const clip same = clip::load(directory / "x.wav", 8000);
    EXPECT_TRUE(std::equal(same.samples().begin(), same.samples().end(), in.begin(), in.end()));
    EXPECT_EQ(clip::load(directory / "x.wav", 16000).samples().size(), 40002U);
}

TEST(clip, load_of_more_than_an_hour_is_refused) {
    const test::temporary_directory directory;
    {
        sound_writer writer(directory / "long.ulaw", 8000);
        const samples minute(480'000);
        for (int i = 0; i < 60; ++i) {
            writer.write(minute);
        }
        writer.write(samples(8));
    }
    EXPECT_THROW(clip::load(directory / "long.ulaw", 8000), sound_error);
}

TEST(clip, load_of_a_damaged_or_missing_file_is_refused) {
    const test::temporary_directory directory;
    EXPECT_THROW(clip::load(directory / "none.wav", 8000), sound_error);
    const auto path = directory / "cut.flac";
    sound_writer(path, 8000).write(test::random_samples(80000, 2));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    EXPECT_THROW(clip::load(path, 8000), sound_error);
}

} // namespace
} // namespace audiosocket
