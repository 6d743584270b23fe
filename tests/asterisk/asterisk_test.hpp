// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "answerer.hpp"
#include "pbx.hpp"

#include "command/command_test.hpp"

#include <iostream>

namespace audiosocket::test {

/// Tests with a real Asterisk; each test starts its own. Skipped by name, with the reason, where Asterisk cannot be
/// run.
///
/// A warning or error in Asterisk's log fails the test, unless the test calls expect_complaints().
class asterisk_test : public command_test {
  protected:
    void SetUp() override {
        const std::string why = pbx::why_not();
        if (!why.empty()) GTEST_SKIP() << skipped(why);
    }

    void TearDown() override {
        if (!asterisk) return;
        if (!complaints_expected_) {
            EXPECT_EQ(asterisk->complaints(), "");
        }
        if (HasFailure()) std::cout << "--- Asterisk's log\n" << asterisk->log();
    }

    /// Starts Asterisk after ending the previous one. `more` are variables of the dialplan, as NAME=VALUE.
    void start_asterisk(const std::string& server_address, std::vector<std::string> more = {}) {
        const auto own = folder / "asterisk";
        asterisk.reset();
        std::filesystem::remove_all(own);
        std::filesystem::create_directory(own);
        more.push_back("SERVER=" + server_address);
        asterisk.emplace(own, more);
    }

    void expect_complaints() { complaints_expected_ = true; }

    /// Writes the sound /instance/prompt of the phone's deeds. Raw, because Asterisk leaves out the end of a WAV file.
    void write_prompt(std::span<const std::byte> samples, const std::string& suffix) const {
        std::ofstream out(folder / "asterisk" / ("prompt." + suffix), std::ios::binary);
        out.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size()));
    }

    void write_prompt(const std::vector<std::int16_t>& samples) const {
        write_prompt(std::as_bytes(std::span(samples)), "sln");
    }

    /// Returns what Asterisk recorded of the server in a call. Call it after wait_for_recording().
    std::vector<std::int16_t> recorded(const uuid& id) const {
        return read_mono(asterisk->folder() / (to_string(id) + "-server.wav"));
    }

    bool wait_for_recording() const { return asterisk->wait_for_log("End MixMonitor Recording"); }

    /// Numbered samples below zero, for callers; the server's are numbers().
    static std::vector<std::int16_t> negative_numbers(std::size_t count) {
        auto out = numbers(count);
        for (auto& s : out)
            s = static_cast<std::int16_t>(-s);
        return out;
    }

    /// Returns the samples without silence before and after.
    static std::vector<std::int16_t> trimmed(std::span<const std::int16_t> all) {
        std::vector<std::int16_t> samples(all.begin(), all.end());
        const auto loud = [](std::int16_t s) { return s != 0; };
        samples.erase(std::find_if(samples.rbegin(), samples.rend(), loud).base(), samples.end());
        samples.erase(samples.begin(), std::ranges::find_if(samples, loud));
        return samples;
    }

    std::optional<pbx> asterisk;

  private:
    bool complaints_expected_ = false;
};

/// Tests of both interfaces: the application AudioSocket(), and the channel Dial(AudioSocket/...).
class asterisk_both_ways : public asterisk_test, public testing::WithParamInterface<const char*> {
  protected:
    static std::string way() { return GetParam(); }
};

inline auto both_ways() {
    return testing::Values("application", "channel");
}

inline std::string name_of_way(const testing::TestParamInfo<const char*>& info) {
    return info.param;
}

} // namespace audiosocket::test
