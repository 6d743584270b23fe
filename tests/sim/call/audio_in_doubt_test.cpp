// SPDX-License-Identifier: Apache-2.0
// Asterisk releases that send every rate under the kind of 8 kHz. Audio is held back until its rate is known, and
// nothing overtakes it. A seed names a call (support/seed.hpp).

#include "support/seed.hpp"
#include "support/session_driver.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class call_in_doubt {
  public:
    explicit call_in_doubt(unsigned seed) : dice_(seed * 2654435761U + 17) {
        driver_.random.seed(seed);
        driver_.how = all_splits[dice_() % all_splits.size()];
    }

    void run() {
        static constexpr std::array rates{12'000, 16'000, 16'000, 24'000, 32'000, 48'000};
        const auto frame_samples = static_cast<std::size_t>(rates[dice_() % rates.size()] / 50);
        driver_.receive(id_frame());
        log_.emplace_back("started");
        const int together = pick(8); // what Asterisk collects during its Answer()
        for (int n = 0, count = 1 + pick(80); n < count; ++n) {
            audio(frame_samples);
            if (chance(9)) digit();
            if (n >= together) driver_.run_for(std::chrono::microseconds(18'000 + pick(4000)));
            if (driver_.now - epoch >= 1s) {
                EXPECT_FALSE(driver_.heard.empty()) << "held back for more than a second";
            }
        }
        end();
    }

    void check() {
        std::vector<std::string> log;
        for (const auto& line : driver_.log) // how much audio, and at which rate, depends on the doubt
            log.push_back(line.starts_with("audio ") ? "audio" : line);
        EXPECT_EQ(log, log_);
        EXPECT_EQ(driver_->statistics().frames_received, frames_);
        EXPECT_EQ(driver_->statistics().frames_dropped, 0U);
    }

    clock::duration simulated() const { return driver_.now - epoch; }

  private:
    int pick(int count) { return static_cast<int>(dice_() % static_cast<unsigned>(count)); }
    bool chance(int one_in) { return pick(one_in) == 0; }

    void audio(std::size_t samples) {
        driver_.receive(frame(kind::slin, pcm(count_up(samples))));
        ++frames_;
        if (log_.back() != "audio") log_.emplace_back("audio");
    }

    void digit() {
        const char key = "0123456789*#ABCD"[pick(16)];
        driver_.receive(frame(kind::dtmf, raw(std::string(1, key))));
        log_.push_back(std::string("dtmf ") + key);
    }

    void end() {
        switch (pick(3)) {
        case 0:
            driver_.receive_end();
            log_.push_back(ended(end_reason::peer_hung_up));
            break;
        case 1:
            driver_.act([](session& s) { return s.hang_up(); });
            driver_.receive_end();
            log_.push_back(ended(end_reason::hung_up));
            break;
        default: driver_.fail(); log_.push_back(ended(end_reason::peer_reset));
        }
        EXPECT_TRUE(driver_->closed());
    }

    std::mt19937 dice_;
    session_driver driver_;
    std::vector<std::string> log_;
    std::uint64_t frames_ = 0;
};

} // namespace

TEST(simulation, digits_of_any_peer_follow_audio_whose_rate_is_in_doubt) {
    simulated_time simulated;
    for_each_seed(300, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        call_in_doubt call(seed);
        call.run();
        call.check();
        simulated.add(call.simulated());
        return !testing::Test::HasFailure();
    });
}
