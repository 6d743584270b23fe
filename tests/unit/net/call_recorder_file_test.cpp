// SPDX-License-Identifier: Apache-2.0
#include "unit/net/recorder_test.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <algorithm>
#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What a recording does to the file system, and what remains after a failure of the disk or the process.

using namespace audiosocket;
using namespace std::chrono_literals;
using test::read_stereo;
using test::samples;

namespace asio = boost::asio;

namespace {

using call_recorder_file_test = test::recorder_test;

TEST_F(call_recorder_file_test, file_is_for_its_owner_and_group) {
    const mode_t mask = ::umask(0);
    record();
    pass(1, 5, 6);
    complete();
    ::umask(mask);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0640});
}

TEST_F(call_recorder_file_test, existing_file_is_never_overwritten) {
    std::ofstream(path) << "precious";
    record();
    pass(50, 5, 6);
    complete();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_NE(failures[0].find("exists already"), std::string::npos) << failures[0];
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(call_recorder_file_test, symbolic_link_is_not_followed) {
    const auto target = directory / "target.wav";
    for (const bool dangling : {true, false}) {
        if (!dangling) std::ofstream(target) << "precious";
        std::filesystem::create_symlink(target, path);
        record();
        pass(50, 5, 6);
        complete();
        EXPECT_EQ(std::filesystem::exists(target), !dangling);
        if (!dangling) {
            EXPECT_EQ(std::filesystem::file_size(target), 8U);
        }
        std::filesystem::remove(path);
    }
    EXPECT_EQ(failures.size(), 2U);
}

TEST_F(call_recorder_file_test, next_name_is_tried_while_names_are_taken) {
    std::ofstream(path) << "precious";
    std::ofstream(directory / "call-2.wav") << "precious";
    auto options = reporting();
    options.next_file = [this](int attempt) { return directory / ("call-" + std::to_string(attempt) + ".wav"); };
    record(std::move(options));
    pass(1, 5, 6);
    complete();
    EXPECT_EQ(recorder->file(), directory / "call-3.wav");
    EXPECT_EQ(read_stereo(directory / "call-3.wav").left, samples(160, 5));
}

TEST_F(call_recorder_file_test, search_for_a_name_has_an_end) {
    std::ofstream(path) << "precious";
    int asked = 0;
    for (const bool gives_up : {false, true}) {
        auto options = reporting();
        options.next_file = [&](int attempt) {
            asked = attempt;
            return gives_up ? std::filesystem::path() : path;
        };
        record(std::move(options));
        pass(1, 5, 6);
        complete();
        EXPECT_EQ(asked, gives_up ? 2 : 1000);
    }
    EXPECT_EQ(failures.size(), 2U);
}

// In a child, because the limit of a file's size (which acts like a full disk) belongs to the process.
template <class Body>
int status_of_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
}

TEST_F(call_recorder_file_test, full_disk_is_reported_once_and_what_was_written_stays) {
    const int status = status_of_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{40'000, 40'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        record();
        for (int i = 0; i < 10; ++i) { // the call continues, and the disk is asked in between
            pass(25, 5, 6);
            run_disk();
        }
        complete();
        return failures.size() == 1 && failures[0].find("after 1.2") != std::string::npos &&
               recorder->failure() == failures[0];
    });
    EXPECT_EQ(status, 0);
    EXPECT_GE(sound_reader(path).duration().value(), 1200ms);
}

TEST_F(call_recorder_file_test, disk_full_from_the_start_leaves_no_empty_file) {
    const int status = status_of_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{20, 20}; // less than a header
        ::setrlimit(RLIMIT_FSIZE, &limit);
        record();
        pass(50, 5, 6);
        complete();
        return failures.size() == 1;
    });
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(files().empty());
}

// Kills the process in the middle of a call, after this many frames of 20 ms. Returns how much audio the file has lost.
template <class Pass>
std::chrono::nanoseconds lost_by_crash(const std::filesystem::path& path, int frames, Pass pass) {
    const int status = status_of_child([&] {
        asio::io_context disk;
        call_recorder recording(disk.get_executor(), path);
        const auto start = clock::now();
        for (int i = 0; i < frames; ++i) {
            pass(recording, start + i * 20ms);
            disk.restart();
            disk.run();
        }
        return ::kill(::getpid(), SIGKILL) == 0;
    });
    EXPECT_TRUE(WIFSIGNALED(status));
    const sound_reader reader(path); // uses the length in the header
    EXPECT_EQ(reader.file_channels(), 2);
    return frames * 20ms - reader.duration().value();
}

// README: a crash of the process loses the last second. A file that exists has sound.
TEST_F(call_recorder_file_test, crash_at_any_moment_leaves_a_readable_file) {
    std::chrono::nanoseconds most{};
    for (int frames = 30; frames < 330; frames += 7) {
        const auto file = directory / (std::to_string(frames) + ".wav");
        const auto lost = lost_by_crash(file, frames, [](call_recorder& recording, time_point now) {
            recording.received(samples(160, 5), 8000, now);
            recording.sent(samples(160, 6), 8000, now);
        });
        most = std::max(most, lost);
    }
    EXPECT_LE(most, 1s);
}

TEST_F(call_recorder_file_test, crash_while_one_side_is_silent_loses_a_second_more) {
    std::chrono::nanoseconds most{};
    for (int frames = 80; frames < 330; frames += 7) {
        const auto file = directory / (std::to_string(frames) + ".wav");
        const auto lost = lost_by_crash(
            file, frames, [](call_recorder& recording, time_point now) { recording.sent(samples(160, 6), 8000, now); });
        most = std::max(most, lost);
    }
    EXPECT_LE(most, 2s);
}

} // namespace
