// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/audio/signals.hpp"

#include <audiosocket/net/call_recorder.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

namespace audiosocket::test {

struct both_sides {
    samples left;
    samples right;
};

// Parses the WAV file by hand: a 44-byte header, then frames.
inline both_sides read_stereo(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    EXPECT_GE(all.size(), 44U) << path;
    both_sides out;
    for (std::size_t at = 44; at + 4 <= all.size(); at += 4) {
        std::int16_t frame[2];
        std::memcpy(frame, all.data() + at, sizeof frame);
        out.left.push_back(frame[0]);
        out.right.push_back(frame[1]);
    }
    return out;
}

/// A recording in virtual time: the blocks carry their times, and the test runs the disk executor.
class recorder_test : public testing::Test {
  protected:
    call_recorder_options reporting() {
        call_recorder_options options;
        options.on_failure = [this](const std::string& why) { failures.push_back(why); };
        options.on_dropped = [this](auto length) { drops.push_back(length); };
        return options;
    }

    call_recorder& record(call_recorder_options options) {
        recorder.emplace(disk.get_executor(), path, std::move(options));
        begin = clock::now(); // within a frame of the recorder's own
        return *recorder;
    }
    call_recorder& record() { return record(reporting()); }

    // Records these samples of both sides for this many frames of 20 ms at 8 kHz.
    void pass(int frames, std::int16_t left, std::int16_t right) {
        for (int i = 0; i < frames; ++i, at += std::chrono::milliseconds(20)) {
            recorder->received(samples(160, left), 8000, begin + at);
            recorder->sent(samples(160, right), 8000, begin + at);
        }
    }

    void run_disk() {
        disk.restart();
        disk.run();
    }

    void complete() {
        recorder->finish();
        run_disk();
    }

    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
            names.insert(entry.path().filename());
        return names;
    }

    temporary_directory directory;
    std::filesystem::path path = directory / "call.wav";
    boost::asio::io_context disk;
    std::optional<call_recorder> recorder;
    time_point begin;
    std::chrono::nanoseconds at{};
    std::vector<std::string> failures;
    std::vector<std::chrono::nanoseconds> drops;
};

} // namespace audiosocket::test
