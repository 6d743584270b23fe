// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/sound_writer.hpp>

#include "signals.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <gtest/gtest.h>

#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace audiosocket {
namespace {

using namespace std::chrono_literals;
using test::samples;

samples read_back(const std::filesystem::path& path) {
    sound_reader reader(path);
    samples out(1'000'000);
    out.resize(reader.read(out));
    return out;
}

std::string why_refused(const std::filesystem::path& path, int rate_hz = 8000, int channels = 1) {
    try {
        sound_writer writer(path, rate_hz, channels);
        return "not refused";
    } catch (const sound_error& error) {
        const std::string why = error.what();
        EXPECT_NE(why.find(path.string()), std::string::npos) << why;
        return why;
    }
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Runs `body` in a child, which then dies by SIGKILL, or exits with `true` as 0.
template <class Body>
void in_killed_child(Body body) {
    const pid_t child = ::fork();
    ASSERT_NE(child, -1);
    if (child == 0) {
        body();
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
}

class sound_writer_test : public testing::Test {
  protected:
    test::temporary_directory directory;
};

TEST_F(sound_writer_test, what_cannot_be_written_is_refused_with_the_reason) {
    EXPECT_TRUE(contains(why_refused(directory / "x.doc"), "suffix"));
    EXPECT_TRUE(contains(why_refused(directory / "x"), "suffix"));
    EXPECT_TRUE(contains(why_refused(directory / "none/x.wav"), "does not exist"));
    EXPECT_TRUE(contains(why_refused(directory / "x.slin", 8000, 2), "mono"));
    EXPECT_TRUE(contains(why_refused(directory / "x.sln16", 8000), "16000 Hz"));
    EXPECT_TRUE(contains(why_refused(directory / "x.wav", 8000, 65), "channels"));
    EXPECT_TRUE(contains(why_refused(directory / "x.wav", 8000, 0), "channels"));
    EXPECT_TRUE(contains(why_refused(directory / "x.flac", 0), "0 Hz"));
    EXPECT_TRUE(contains(why_refused(directory / "x.flac", 192'001), "192001 Hz; use .wav"));
    EXPECT_TRUE(contains(why_refused(directory / "x.flac", 655'360), "655360 Hz; use .wav"));
    EXPECT_TRUE(contains(why_refused(directory / "x.ogg", 200'001), "200001 Hz; use .wav"));
    std::filesystem::create_directory(directory / "d.wav");
    EXPECT_TRUE(contains(why_refused(directory / "d.wav"), "is a directory"));
    EXPECT_FALSE(std::filesystem::exists(directory / "x.wav")) << "refused, but left a file";
}

// An encoder says only at the first write what it takes.
TEST_F(sound_writer_test, what_is_not_refused_can_be_written) {
    for (const std::string suffix : {".wav", ".flac", ".ogg"}) {
        for (const int rate_hz : {4'000, 44'100, 65'535, 65'540, 192'000, 200'000, 655'350, 768'000}) {
            const auto path = directory / ("x" + suffix);
            if (const auto why = why_refused(path, rate_hz, 2); why != "not refused") {
                EXPECT_GT(rate_hz, 192'000) << why;
                continue;
            }
            sound_writer writer(path, rate_hz, 2);
            EXPECT_TRUE(writer.write(samples(2'048))) << rate_hz << ": " << writer.failure();
            EXPECT_TRUE(writer.close()) << rate_hz << ": " << writer.failure();
        }
    }
}

TEST_F(sound_writer_test, exclusive_creation_refuses_a_file_and_a_link) {
    const auto path = directory / "x.wav";
    const auto target = directory / "target.wav";
    const file_creation exclusive{.exclusive = true};
    sound_writer(path, 8000, 1, exclusive).write(samples(10));
    EXPECT_THROW(sound_writer(path, 8000, 1, exclusive), sound_file_exists);
    EXPECT_EQ(read_back(path).size(), 10U);
    std::filesystem::create_symlink(target, directory / "link.wav");
    EXPECT_THROW(sound_writer(directory / "link.wav", 8000, 1, exclusive), sound_file_exists);
    EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(sound_writer_test, mode_of_a_new_file_is_the_one_asked_for) {
    const mode_t mask = ::umask(0);
    sound_writer(directory / "usual.wav", 8000);
    sound_writer(directory / "private.wav", 8000, 1, {.mode = std::filesystem::perms{0600}});
    ::umask(mask);
    EXPECT_EQ(std::filesystem::status(directory / "usual.wav").permissions(), std::filesystem::perms{0666});
    EXPECT_EQ(std::filesystem::status(directory / "private.wav").permissions(), std::filesystem::perms{0600});
}

TEST_F(sound_writer_test, directory_without_permission_is_refused) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root may write anywhere";
    }
    std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_read);
    EXPECT_TRUE(contains(why_refused(directory / "x.wav"), "permissions"));
    std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_all);
}

TEST_F(sound_writer_test, stereo_keeps_its_channels) {
    sound_writer writer(directory / "two.wav", 8000, 2);
    EXPECT_TRUE(writer.write(samples{100, 300, 200, 600, 9}));
    EXPECT_TRUE(writer.close());
    EXPECT_EQ(read_back(directory / "two.wav"), (samples{200, 400})); // averaged, without the odd 9
}

TEST_F(sound_writer_test, g711_comes_back_to_within_a_step) {
    const samples in = test::make(8000, -3, test::voiced(120));
    for (const std::string suffix : {".ulaw", ".alaw"}) {
        const auto path = directory / ("x" + suffix);
        sound_writer(path, 8000).write(in);
        EXPECT_EQ(std::filesystem::file_size(path), in.size());
        const samples out = read_back(path);
        ASSERT_EQ(out.size(), in.size());
        for (std::size_t i = 0; i < in.size(); ++i) { // a step is a sixteenth of its segment
            ASSERT_LE(std::abs(out[i] - in[i]), std::abs(in[i]) / 16 + 16) << suffix << " at " << i;
        }
    }
}

TEST_F(sound_writer_test, duration_counts_what_was_written) {
    sound_writer writer(directory / "x.wav", 8000, 2);
    EXPECT_EQ(writer.duration(), 0ns);
    writer.write(samples(16000));
    EXPECT_EQ(writer.duration(), 1s);
}

TEST_F(sound_writer_test, closed_file_takes_no_more) {
    sound_writer writer(directory / "x.wav", 8000);
    EXPECT_TRUE(writer.close());
    EXPECT_TRUE(writer.close());
    EXPECT_FALSE(writer.write(samples(10)));
    EXPECT_FALSE(writer.sync());
    EXPECT_EQ(writer.failure(), "");
}

TEST_F(sound_writer_test, full_disk_is_reported_by_write_and_failure) {
    const auto path = directory / "full.raw";
    std::filesystem::create_symlink("/dev/full", path);
    sound_writer writer(path, 8000);
    EXPECT_FALSE(writer.write(samples(8000)));
    EXPECT_TRUE(contains(writer.failure(), "No space left on device")) << writer.failure();
    EXPECT_TRUE(contains(writer.failure(), "0.00 s")) << writer.failure();
    EXPECT_FALSE(writer.write(samples(8000)));
    EXPECT_FALSE(writer.close());
}

TEST_F(sound_writer_test, disk_full_from_the_start_is_refused_at_once) {
    std::filesystem::create_symlink("/dev/full", directory / "full.wav");
    EXPECT_TRUE(contains(why_refused(directory / "full.wav"), "No space left"));
}

// The limit of a file's size acts like a disk that fills up in the middle of a recording.
TEST_F(sound_writer_test, disk_that_fills_up_leaves_what_was_heard) {
    for (const std::string suffix : {".wav", ".slin"}) {
        const auto path = directory / ("limit" + suffix);
        in_killed_child([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{40'000, 40'000};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            sound_writer writer(path, 8000);
            bool good = true;
            for (int i = 0; i < 5 && good; ++i) {
                good = writer.write(samples(8000, 77));
            }
            const bool reported =
                !good && contains(writer.failure(), "File too large") && contains(writer.failure(), "after 2.");
            if (!reported) {
                ::_exit(1);
            }
        });
        const samples out = read_back(path);
        EXPECT_GE(out.size(), 16000U) << suffix;
        EXPECT_LE(out.size(), 20000U) << suffix;
        EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](int s) { return s == 77; })) << suffix;
    }
}

TEST_F(sound_writer_test, crash_after_sync_leaves_all_heard_so_far) {
    const samples sound = test::random_samples(12345, 1);
    for (const std::string suffix : {".wav", ".raw"}) {
        const auto path = directory / ("crash" + suffix);
        in_killed_child([&] {
            sound_writer writer(path, 8000);
            writer.write(std::span(sound).first(5000));
            writer.sync();
            writer.write(std::span(sound).subspan(5000));
            writer.sync();
        });
        EXPECT_EQ(read_back(path), sound) << suffix;
    }
}

TEST_F(sound_writer_test, crash_right_after_opening_leaves_a_valid_empty_wav) {
    const auto path = directory / "early.wav";
    in_killed_child([&] {
        sound_writer writer(path, 8000);
        ::kill(::getpid(), SIGKILL);
    });
    try {
        sound_reader reader(path);
        FAIL() << "it contains sound";
    } catch (const sound_error& error) {
        EXPECT_TRUE(contains(error.what(), "holds no sound")) << error.what();
    }
}

TEST_F(sound_writer_test, crash_in_flac_leaves_most_of_it) {
    const auto path = directory / "crash.flac";
    const samples sound = test::make(160000, -10, test::voiced(120));
    in_killed_child([&] {
        sound_writer writer(path, 8000);
        writer.write(sound);
        writer.sync();
    });
    const samples out = read_back(path);
    EXPECT_GT(out.size(), 150000U);
    EXPECT_TRUE(std::equal(out.begin(), out.end(), sound.begin()));
}

// On /dev/null, 4 GiB take no room and little time.
TEST_F(sound_writer_test, wav_stops_at_four_gibibytes) {
    const auto path = directory / "long.wav";
    std::filesystem::create_symlink("/dev/null", path);
    sound_writer writer(path, 48000, 2);
    const samples block(1U << 23U); // 16 MiB
    int blocks = 0;
    while (blocks < 300 && writer.write(block)) {
        ++blocks;
    }
    EXPECT_EQ(blocks, 255);
    EXPECT_TRUE(contains(writer.failure(), "4 GiB")) << writer.failure();
    EXPECT_NEAR(std::chrono::duration<double>(writer.duration()).count(), 22369.6, 0.1);
}

} // namespace
} // namespace audiosocket
