// SPDX-License-Identifier: Apache-2.0
// An application plays numbered samples, pauses, clears and marks at random. Every frame is compared with what was
// queued. A seed names a call (support/seed.hpp).

#include "support/seed.hpp"
#include "support/session_driver.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

#include <deque>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

constexpr std::uint64_t frame_samples = 160;

class played_sound {
  public:
    explicit played_sound(unsigned seed) : dice_(seed * 2654435761U + 11), driver_(call_options{}) {
        driver_.receive(id_frame());
        look();
    }

    void run() {
        for (int n = 0; n < 60; ++n) {
            act();
            look();
            for (int steps = pick(40); steps > 0; --steps) {
                driver_.run_for(5ms);
                look();
            }
            if (chance(10)) stand_still();
        }
        resume();
        driver_.act([](session& s) { return s.hang_up_when_played(); });
        for (int n = 0; n < 4000 && driver_.fin_at == time_point::max(); ++n) {
            driver_.run_for(5ms);
            look();
        }
        driver_.receive_end();
        look();
    }

    void check() {
        EXPECT_TRUE(driver_->closed());
        EXPECT_TRUE(pieces_.empty()) << "the last word was not played whole";
        EXPECT_TRUE(marks_.empty()) << "a mark was not reported";
        EXPECT_EQ(driver_.log.back(), ended(end_reason::hung_up));
        const auto frames = driver_.frames();
        // A hang-up that waits for the end of the sound sends silence behind it, so that the phone plays all of it.
        EXPECT_TRUE(silent_ >= 5 || !any_played_) << "no silence behind the last sound";
        EXPECT_EQ(driver_->statistics().frames_sent, frames.size());
    }

    clock::duration simulated() const { return driver_.now - epoch; }

  private:
    // Samples [begin, end) that are queued.
    struct piece {
        std::uint64_t begin;
        std::uint64_t end;
    };
    struct mark {
        std::string name;
        std::uint64_t behind; // the number of the first sample that was queued after it
        std::size_t set_at;   // the number of frames sent before it
    };

    int pick(int count) { return static_cast<int>(dice_() % static_cast<unsigned>(count)); }
    bool chance(int one_in) { return pick(one_in) == 0; }
    std::uint64_t queued() const {
        std::uint64_t n = 0;
        for (const auto& p : pieces_)
            n += p.end - p.begin;
        return n;
    }

    void act() {
        switch (pick(12)) {
        case 0: return clear();
        case 1:
            driver_.act([](session& s) { return s.pause(); });
            paused_ = true;
            break;
        case 2:
        case 3: resume(); break;
        case 4: return set_mark();
        default:
            play(static_cast<std::uint64_t>(1 + pick(3000)), chance(2));
            if (chance(2)) set_mark();
        }
    }

    void resume() {
        if (std::exchange(paused_, false)) resumed_at_ = driver_.sent.size();
        driver_.act([](session& s) { return s.resume(); });
    }

    void play(std::uint64_t samples, bool as_clip) {
        const auto sound = numbered_samples(next_).take(samples);
        if (queued() + samples > numbered_samples::period / 2) return;
        driver_.act([&](session& s) { return as_clip ? s.play(clip(sound, 8000)) : s.play(sound, 8000); });
        pieces_.push_back({next_, next_ + samples});
        next_ += samples;
        any_played_ = true;
        ends_here_ = as_clip;
    }

    void set_mark() {
        const auto name = std::to_string(named_++);
        marks_.push_back({name, next_, driver_.sent.size()});
        driver_.act([&](session& s) { return s.mark(name); });
        ends_here_ = true;
    }

    // What was cut is what was queued, to the millisecond; nothing of it is sent later.
    void clear() {
        const auto cut = queued();
        const auto seen = driver_.log.size();
        const auto total = driver_->queued();
        EXPECT_LE(std::abs(total.count() - static_cast<std::int64_t>(cut / 8)), 1);
        driver_.act([](session& s) { return s.clear(); });
        std::int64_t reported_ms = 0;
        for (std::size_t i = seen; i < driver_.log.size(); ++i) {
            const std::string& line = driver_.log[i];
            if (!line.starts_with("cleared ")) continue;
            reported_ms += std::stoll(line.substr(line.find('/') + 1));
        }
        EXPECT_LE(std::abs(reported_ms - static_cast<std::int64_t>(cut / 8)),
                  1 + static_cast<std::int64_t>(marks_.size()));
        pieces_.clear();
        any_played_ = false;
        look();
        EXPECT_TRUE(marks_.empty()) << "a mark was not reported by the clear";
        EXPECT_EQ(driver_->queued(), 0ms);
    }

    // The process stands still. It sends only what one catch-up allows, and counts the rest.
    void stand_still() {
        const auto before = driver_.frames().size();
        const auto skipped = driver_->statistics().skipped_frames;
        const auto pause = std::chrono::milliseconds(1 + pick(500));
        driver_.stall_for(pause);
        driver_.run_for(0ms);
        const auto at_once = driver_.frames().size() - before;
        EXPECT_LE(at_once, static_cast<std::size_t>(call_options{}.catch_up_frames)) << "a burst after a pause";
        const auto passed = static_cast<std::int64_t>(at_once + driver_->statistics().skipped_frames - skipped);
        EXPECT_LE(std::abs(passed - pause / 20ms), 2) << "frame times in " << pause.count() << " ms";
        stands_still_ = true;
        look();
        stands_still_ = false;
        last_at_.reset();
    }

    // Looks at what was sent and reported since the last look.
    void look() {
        for (; messages_seen_ < driver_.sent.size(); ++messages_seen_)
            if (driver_.sent[messages_seen_].is_frame()) look_at(driver_.sent[messages_seen_]);
        for (; log_seen_ < driver_.log.size(); ++log_seen_)
            look_at(driver_.log[log_seen_]);
    }

    void look_at(const sent_message& frame) {
        const auto samples = frame.samples();
        ASSERT_EQ(samples.size(), frame_samples);
        if (last_at_ && !stands_still_) {
            EXPECT_LE(frame.at - *last_at_, 35ms) << "a gap";
            EXPECT_GE(frame.at - *last_at_, 5ms) << "too early";
        }
        last_at_ = frame.at;
        ++frames_sent_;
        const auto before = queued();
        before_last_ = last_number_;
        std::size_t with_sound = 0;
        for (const auto s : samples) {
            if (s == 0) continue;
            ++with_sound;
            if (pieces_.empty() || s != numbered_samples::at(pieces_.front().begin)) {
                ADD_FAILURE() << "sample " << s << " is not the next one";
                return;
            }
            last_number_ = ++pieces_.front().begin;
            if (pieces_.front().begin == pieces_.front().end) pieces_.pop_front();
        }
        EXPECT_TRUE(!paused_ || with_sound == 0) << "sound while paused";
        EXPECT_TRUE(with_sound == 0 || samples.front() != 0) << "a gap at the beginning of a frame with sound";
        EXPECT_TRUE(paused_ || before < frame_samples || with_sound == frame_samples)
            << "a gap although sound is queued";
        EXPECT_TRUE(paused_ || before == 0 || !ends_here_ || with_sound > 0) << "sound that is complete waits";
        if (!paused_ && before > 0 && with_sound == 0) waited_at_ = frames_sent_;
        silent_ = with_sound == 0 ? silent_ + 1 : 0;
    }

    void look_at(const std::string& line) {
        const bool played = line.starts_with("played ");
        if (!played && !line.starts_with("cleared ")) return;
        const auto name = line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1);
        if (name.empty()) return; // sound behind the last mark, which a clear cut
        ASSERT_FALSE(marks_.empty()) << line << ": a mark that was not set, or was reported already";
        const mark m = marks_.front();
        marks_.pop_front();
        EXPECT_EQ(name, m.name) << "out of order";
        if (!played) return;
        EXPECT_TRUE(pieces_.empty() || pieces_.front().begin >= m.behind) << "reported before its sound was sent";
        // Sound that begins with less than a frame waits one frame, and a mark before it with it.
        const auto possible_at = std::max({m.set_at, resumed_at_, waited_at_});
        EXPECT_TRUE(before_last_ < m.behind || frames_sent_ <= possible_at + 1 || stands_still_)
            << "reported later than its frame";
    }

    std::mt19937 dice_;
    session_driver driver_;
    std::uint64_t next_ = 0;
    std::deque<piece> pieces_;
    std::deque<mark> marks_;
    int named_ = 0;
    bool paused_ = false;
    std::size_t resumed_at_ = 0; // the number of frames sent before it
    std::size_t waited_at_ = 0;  // the same, with the frame that waited
    bool ends_here_ = true;
    bool any_played_ = false; // since the last clear
    std::size_t messages_seen_ = 0;
    std::size_t frames_sent_ = 0;
    std::size_t log_seen_ = 0;
    std::uint64_t last_number_ = 0; // how many samples were sent or cut, at the last sample
    std::uint64_t before_last_ = 0; // the same before the last frame
    int silent_ = 0;                // frames since the last one with sound
    bool stands_still_ = false;
    std::optional<time_point> last_at_;
};

} // namespace

TEST(simulation, what_is_played_is_sent_whole_in_order_and_reported_to_the_frame) {
    simulated_time simulated;
    for_each_seed(400, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        played_sound sound(seed);
        sound.run();
        sound.check();
        simulated.add(sound.simulated());
        return !testing::Test::HasFailure();
    });
}
