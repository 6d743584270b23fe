// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "answerer.hpp"
#include "pbx.hpp"

#include "command/command_test.hpp"

#include <iostream>

namespace audiosocket::test {

/// Tests with a real Asterisk, each with one of its own. Skipped, by name and with the reason, where there is none.
///
/// At the end its log is looked at: unless the test has said expect_complaints(), a warning or error is a failure.
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

    /// A new one, in place of any that there is.
    void start_asterisk(const std::string& server_address, const std::string& admin_address = {}) {
        const auto own = folder / "asterisk";
        asterisk.reset();
        std::filesystem::remove_all(own);
        std::filesystem::create_directory(own);
        asterisk.emplace(own, server_address, admin_address);
    }

    void expect_complaints() { complaints_expected_ = true; }

    /// What the phone's deeds call /instance/prompt. Raw, for of a WAV file Asterisk leaves out the end.
    void write_prompt(std::span<const std::byte> samples, const std::string& suffix) const {
        std::ofstream out(folder / "asterisk" / ("prompt." + suffix), std::ios::binary);
        out.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size()));
    }

    void write_prompt(const std::vector<std::int16_t>& samples) const {
        write_prompt(std::as_bytes(std::span(samples)), "sln");
    }

    /// What Asterisk recorded of the server in a call, when wait_for_recording() has said that it is whole.
    std::vector<std::int16_t> recorded(const uuid& id) const {
        return read_mono(asterisk->folder() / (to_string(id) + "-server.wav"));
    }

    bool wait_for_recording() const { return asterisk->wait_for_log("End MixMonitor Recording"); }

    /// Numbered samples of the other sign: what the callers say, when what they hear is numbers().
    static std::vector<std::int16_t> negative_numbers(std::size_t count) {
        auto out = numbers(count);
        for (auto& s : out)
            s = static_cast<std::int16_t>(-s);
        return out;
    }

    /// Without silence before and after.
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

/// Tests of both ways to the server: the application AudioSocket(), and Dial(AudioSocket/...).
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
