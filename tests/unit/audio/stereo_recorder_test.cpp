// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/stereo_recorder.hpp>

#include "signals.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using test::samples;

struct both_sides {
    samples left;
    samples right;
};

// Parses the WAV file by hand: a 44-byte header, then frames.
both_sides read_stereo(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    EXPECT_GE(all.size(), 44U);
    samples frames((all.size() - 44) / 2);
    std::memcpy(frames.data(), all.data() + 44, frames.size() * 2);
    both_sides out;
    for (std::size_t i = 0; i + 1 < frames.size(); i += 2) {
        out.left.push_back(frames[i]);
        out.right.push_back(frames[i + 1]);
    }
    return out;
}

nanoseconds frame_time(std::size_t frame) {
    return frame * 20ms;
}

std::span<const std::int16_t> frame_of(const samples& sound, std::size_t frame) {
    return std::span(sound).subspan(frame * 160, 160);
}

class stereo_recorder_test : public testing::Test {
  protected:
    test::temporary_directory directory;
    std::filesystem::path path = directory / "call.wav";
};

TEST_F(stereo_recorder_test, both_sides_in_step_are_bit_exact) {
    const samples left = test::random_samples(16000, 1);
    const samples right = test::random_samples(16000, 2);
    stereo_recorder recorder(path, 8000);
    for (std::size_t i = 0; i < 100; ++i) {
        recorder.sent(frame_of(right, i), 8000, frame_time(i));
        recorder.received(frame_of(left, i), 8000, frame_time(i));
    }
    EXPECT_TRUE(recorder.finish());
    EXPECT_EQ(recorder.duration(), 2s);
    const both_sides file = read_stereo(path);
    EXPECT_EQ(file.left, left);
    EXPECT_EQ(file.right, right);
}

TEST_F(stereo_recorder_test, jitter_of_arrival_moves_no_sample) {
    const samples left = test::random_samples(80000, 3);
    std::mt19937 engine(4);
    std::uniform_int_distribution<int> late_ms(0, 59);
    stereo_recorder recorder(path, 8000);
    for (std::size_t i = 0; i < 500; ++i) {
        recorder.received(frame_of(left, i), 8000, frame_time(i) + late_ms(engine) * 1ms);
    }
    recorder.finish();
    EXPECT_EQ(read_stereo(path).left, left);
}

TEST_F(stereo_recorder_test, pause_of_one_side_becomes_silence_of_that_length) {
    const samples sound = test::make(1600, -10, test::sine(440));
    stereo_recorder recorder(path, 8000);
    recorder.received(sound, 8000, 0ms);
    recorder.received(sound, 8000, 700ms);
    recorder.finish();
    const both_sides file = read_stereo(path);
    samples expected = sound;
    expected.resize(5600);
    expected.insert(expected.end(), sound.begin(), sound.end());
    EXPECT_EQ(file.left, expected);
    EXPECT_EQ(file.right, samples(expected.size(), 0));
}

TEST_F(stereo_recorder_test, silent_caller_does_not_hold_up_the_file) {
    const samples right = test::random_samples(80000, 5);
    stereo_recorder recorder(path, 8000);
    for (std::size_t i = 0; i < 500; ++i) {
        recorder.sent(frame_of(right, i), 8000, frame_time(i));
        EXPECT_GE(recorder.duration() + 1s + 20ms, frame_time(i)) << "piles up";
    }
    recorder.received(samples(160, 9), 8000, 9980ms);
    recorder.finish();
    const both_sides file = read_stereo(path);
    EXPECT_EQ(file.right, right);
    ASSERT_EQ(file.left.size(), 80000U);
    EXPECT_EQ(file.left[79839], 0);
    EXPECT_EQ(file.left[79840], 9); // still in its place
}

TEST_F(stereo_recorder_test, burst_is_laid_end_to_end_and_bounded) {
    stereo_recorder recorder(path, 8000);
    const samples block(160, 5);
    for (int i = 0; i < 500; ++i) {
        recorder.received(block, 8000, 0ms);
    } // 10 s at once
    EXPECT_EQ(recorder.dropped(), 9s - 20ms);
    recorder.finish();
    EXPECT_EQ(recorder.duration(), 1020ms);
    EXPECT_EQ(read_stereo(path).left, samples(8160, 5));
}

// Both sides tick each second, by the clock. The left side stalls for three seconds; its missed audio then comes at
// once.
TEST_F(stereo_recorder_test, side_that_caught_up_after_a_stall_is_back_in_line_after_its_next_pauses) {
    const samples tick(160, 5000);
    const samples pause(160, 1);
    stereo_recorder recorder(path, 8000);
    constexpr std::size_t frames = 600;
    std::size_t said = 0;
    for (std::size_t i = 0; i < frames; ++i) {
        const bool stalled = i >= 100 && i < 250;
        for (; !stalled && said <= i; ++said)
            recorder.received(said % 50 == 0 ? tick : pause, 8000, frame_time(i));
        recorder.sent(i % 50 == 0 ? tick : pause, 8000, frame_time(i));
    }
    recorder.finish();
    const both_sides file = read_stereo(path);
    ASSERT_NEAR(static_cast<double>(file.left.size()), frames * 160, 480);
    for (std::size_t second = 0; second < frames / 50; ++second) {
        const auto window = std::span(file.left).subspan(second * 8000, 480 + 160);
        const bool in_line = std::ranges::count(window, 5000) == 160;
        if (second < 2 || second > 10) { // it is watched for up to four seconds; then pauses must come
            EXPECT_TRUE(in_line) << second;
        }
    }
}

TEST_F(stereo_recorder_test, side_without_pauses_is_never_cut_however_early_it_is) {
    stereo_recorder recorder(path, 8000);
    const samples left = test::random_samples(160 * 549, 6);
    std::size_t said = 0;
    const auto say = [&](nanoseconds at) { recorder.received(frame_of(left, said++), 8000, at); };
    for (int i = 0; i < 49; ++i)
        say(0ms);
    for (std::size_t i = 0; i < 500; ++i)
        say(frame_time(i));
    recorder.finish();
    EXPECT_EQ(recorder.dropped(), 0ns);
    EXPECT_EQ(read_stereo(path).left, left);
}

// A burst makes a side early for long enough to be noticed. A gap then aligns it again.
TEST_F(stereo_recorder_test, side_that_a_gap_has_brought_back_in_line_keeps_its_pauses) {
    stereo_recorder recorder(path, 8000);
    const samples loud(160, 5000);
    for (int n = 0; n < 15; ++n)
        recorder.received(loud, 8000, 0ms);
    std::size_t i = 0;
    for (; i < 220; ++i)
        recorder.received(loud, 8000, frame_time(i));
    i += 30; // twice as long as it was early
    const samples pause(160, 1);
    for (std::size_t end = i + 50; i < end; ++i)
        recorder.received(pause, 8000, frame_time(i));
    recorder.finish();
    EXPECT_EQ(recorder.duration(), frame_time(i));
    EXPECT_EQ(std::ranges::count(read_stereo(path).left, 1), 50 * 160);
}

TEST_F(stereo_recorder_test, hours_without_a_sound_take_no_memory_and_stay_in_place) {
    stereo_recorder recorder(path, 8000);
    recorder.received(samples(160, 5), 8000, 2h);
    recorder.finish();
    EXPECT_EQ(recorder.duration(), 2h + 20ms);
    EXPECT_EQ(std::filesystem::file_size(path), 44U + 4 * (2 * 3600 * 8000U + 160));
}

TEST_F(stereo_recorder_test, time_beyond_a_day_ends_the_recording) {
    stereo_recorder recorder(path, 8000);
    recorder.received(samples(160, 5), 8000, 0ms);
    recorder.received(samples(160, 5), 8000, nanoseconds::max());
    EXPECT_FALSE(recorder.ok());
    EXPECT_NE(recorder.failure(), "");
    EXPECT_FALSE(recorder.finish());
    EXPECT_EQ(read_stereo(path).left, samples(160, 5));
}

TEST_F(stereo_recorder_test, time_before_the_call_counts_as_its_start) {
    stereo_recorder recorder(path, 8000);
    recorder.received(samples(160, 5), 8000, -5s);
    recorder.finish();
    EXPECT_EQ(read_stereo(path).left, samples(160, 5));
}

TEST_F(stereo_recorder_test, other_rates_are_resampled_and_stay_in_place) {
    const samples wide = test::make(48000, -6, test::sine(1000, 48000));
    stereo_recorder recorder(path, 8000);
    for (std::size_t i = 0; i < 50; ++i) {
        recorder.received(std::span(wide).subspan(i * 960, 960), 48000, frame_time(i));
    }
    recorder.finish();
    const samples left = read_stereo(path).left;
    const samples ideal = test::make(8000, -6, test::sine(1000));
    ASSERT_EQ(left.size(), ideal.size());
    for (std::size_t i = 100; i < 7900; ++i) {
        ASSERT_NEAR(left[i], ideal[i], 8) << i;
    }
}

TEST_F(stereo_recorder_test, change_of_rate_loses_nothing) {
    stereo_recorder recorder(path, 8000);
    recorder.received(samples(16000, 1000), 16000, 0ms);
    recorder.received(samples(8000, 1000), 8000, 1s);
    recorder.received(samples(24000, 1000), 24000, 2s);
    recorder.finish();
    EXPECT_EQ(recorder.duration(), 3s);
}

TEST_F(stereo_recorder_test, rates_that_take_turns_lose_nothing) {
    stereo_recorder recorder(path, 8000);
    for (std::size_t i = 0; i < 100; ++i) {
        const int rate = 8000 + 4000 * static_cast<int>(i % 12); // more of them than there are converters
        recorder.received(samples(static_cast<std::size_t>(rate) / 50, 1000), rate, frame_time(i));
    }
    EXPECT_THROW(recorder.received(samples(160), 5, frame_time(100)), std::invalid_argument);
    recorder.received(samples(320, 1000), 16000, frame_time(100));
    recorder.finish();
    const samples left = read_stereo(path).left;
    ASSERT_EQ(left.size(), 101U * 160U);
    for (std::size_t i = 100; i < left.size() - 100; ++i)
        ASSERT_NEAR(left[i], 1000, 700) << i; // a filter overshoots at the edges of its stream
}

TEST_F(stereo_recorder_test, impossible_rates_are_refused) {
    EXPECT_THROW(stereo_recorder(directory / "x.wav", 5), std::invalid_argument);
    stereo_recorder recorder(path, 8000);
    EXPECT_THROW(recorder.received(samples(160), 5, 0ms), std::invalid_argument);
    EXPECT_THROW(stereo_recorder(directory / "none/x.wav", 8000), sound_error);
}

// In a child, because the limit of a file's size (which acts like a full disk) belongs to the process.
TEST_F(stereo_recorder_test, full_disk_never_throws_and_is_reported) {
    const pid_t child = ::fork();
    ASSERT_NE(child, -1);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{40'000, 40'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        stereo_recorder recorder(path, 8000);
        const samples block(160, 5);
        for (std::size_t i = 0; i < 200; ++i) { // an exception would abort the child
            recorder.received(block, 8000, frame_time(i));
            recorder.sent(block, 8000, frame_time(i));
        }
        const bool reported = !recorder.ok() && !recorder.finish() && recorder.duration() > 1200ms &&
                              recorder.failure().find("after 1.2") != std::string::npos;
        ::_exit(reported ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_GE(read_stereo(path).left.size(), 9600U);
}

TEST_F(stereo_recorder_test, crash_leaves_all_but_the_last_second) {
    const pid_t child = ::fork();
    ASSERT_NE(child, -1);
    if (child == 0) {
        stereo_recorder recorder(path, 8000);
        const samples block(160, 5);
        for (std::size_t i = 0; i < 275; ++i) { // 5.5 s
            recorder.received(block, 8000, frame_time(i));
            recorder.sent(block, 8000, frame_time(i));
        }
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    sound_reader reader(path); // uses the length in the header
    EXPECT_GE(reader.duration(), 5s);
}

TEST_F(stereo_recorder_test, nothing_is_taken_after_finish) {
    stereo_recorder recorder(path, 8000);
    recorder.received(samples(160, 5), 8000, 0ms);
    EXPECT_TRUE(recorder.finish());
    recorder.received(samples(160, 5), 8000, 20ms);
    EXPECT_TRUE(recorder.finish());
    EXPECT_EQ(recorder.duration(), 20ms);
}

TEST_F(stereo_recorder_test, destruction_and_assignment_finish_the_file) {
    const auto second = directory / "second.wav";
    {
        stereo_recorder recorder(path, 8000);
        recorder.received(samples(160, 5), 8000, 0ms);
        recorder = stereo_recorder(second, 8000);
        recorder.sent(samples(160, 6), 8000, 0ms);
    }
    EXPECT_EQ(read_stereo(path).left, samples(160, 5));
    EXPECT_EQ(read_stereo(second).right, samples(160, 6));
}

} // namespace
} // namespace audiosocket
