// SPDX-License-Identifier: Apache-2.0
// What is moved goes on where the other stopped.
#include "signals.hpp"

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <span>
#include <utility>

#include <unistd.h>

using namespace audiosocket;
using test::samples;

namespace {

class moved : public testing::Test {
  protected:
    moved() : folder_(std::filesystem::temp_directory_path() / ("moved_sound_test." + std::to_string(::getpid()))) {
        std::filesystem::create_directories(folder_);
    }
    ~moved() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path file(const char* name) const { return folder_ / name; }
    const samples sound = test::random_samples(1600, 7);

  private:
    std::filesystem::path folder_;
};

samples run(resampler& r, std::span<const std::int16_t> in) {
    samples out(r.output_samples_max(in.size()));
    const auto done = r.process(in, out);
    EXPECT_EQ(done.consumed, in.size());
    out.resize(done.produced);
    return out;
}

} // namespace

TEST_F(moved, resampler_keeps_its_filter) {
    resampler whole(8000, 16000);
    resampler first(8000, 16000);
    resampler second(48000, 8000);
    const std::span all(sound);
    EXPECT_EQ(run(whole, all.first(800)), run(first, all.first(800)));
    second = std::move(first);
    EXPECT_EQ(second.in_rate_hz(), 8000);
    EXPECT_EQ(run(whole, all.subspan(800)), run(second, all.subspan(800)));
}

TEST_F(moved, resampler_of_equal_rates_has_nothing_to_reset) {
    resampler same(8000, 8000);
    EXPECT_EQ(run(same, sound), sound);
    same.reset();
    EXPECT_EQ(run(same, sound), sound);
}

TEST_F(moved, writer_and_reader_keep_their_places) {
    {
        sound_writer first(file("a.wav"), 8000, 1);
        first.write(std::span(sound).first(800));
        sound_writer second(std::move(first));
        sound_writer third(file("b.wav"), 8000, 1);
        third = std::move(second);
        third.write(std::span(sound).subspan(800));
        EXPECT_TRUE(third.close());
    }
    sound_reader before(file("a.wav"));
    samples read(sound.size() + 1);
    EXPECT_EQ(before.read(std::span(read).first(800)), 800U);
    sound_reader after(std::move(before));
    EXPECT_EQ(after.read(std::span(read).subspan(800)), 800U);
    read.resize(sound.size());
    EXPECT_EQ(read, sound);
}
