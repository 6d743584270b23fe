// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/process.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace audiosocket::test {

/// A call by the command that records what it hears. It lasts until the test has what it waits for. A fixed time might
/// be too short on a busy machine.
class recorded_call {
  public:
    /// Calls `where`. The recording has no header; its suffix names a format: `.slin` or another.
    recorded_call(const std::string& where, std::filesystem::path recording, std::vector<std::string> options = {})
        : recording_(std::move(recording)), caller_(command_line(where, recording_, std::move(options))) {}

    /// Returns everything that has been recorded so far.
    std::vector<std::int16_t> heard() const {
        std::ifstream in(recording_, std::ios::binary);
        std::vector<std::int16_t> samples;
        std::int16_t sample = 0;
        while (in.read(reinterpret_cast<char*>(&sample), sizeof sample)) // little endian, as this machine
            samples.push_back(sample);
        return samples;
    }

    /// Waits for this many samples that are not silence. False if the call ends before, or after a minute.
    bool wait_for_sound(std::size_t samples) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (sound_in(heard()) < samples)
            if (caller_.wait(std::chrono::milliseconds(20)) != -1 || std::chrono::steady_clock::now() > limit)
                return sound_in(heard()) >= samples;
        return true;
    }

    /// Hangs up, unless the server has done so; returns the exit code.
    int hang_up() {
        caller_.signal(SIGINT);
        return caller_.wait();
    }

    process& caller() noexcept { return caller_; }

  private:
    static std::vector<std::string> command_line(const std::string& where, const std::filesystem::path& recording,
                                                 std::vector<std::string> options) {
        std::filesystem::remove(recording);
        options.insert(options.begin(), {AUDIOSOCKET_COMMAND, "call", where, "--record", recording.string(),
                                         "--duration", "100", "--json"});
        return options;
    }

    static std::size_t sound_in(const std::vector<std::int16_t>& samples) {
        return static_cast<std::size_t>(std::ranges::count_if(samples, [](auto s) { return s != 0; }));
    }

    std::filesystem::path recording_;
    process caller_;
};

} // namespace audiosocket::test
