// SPDX-License-Identifier: Apache-2.0
#include "check/frame_rate.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::check {
namespace {

using namespace std::chrono_literals;

// Sends like a server whose 20 ms frames are due from the start, and which stands still once.
class server {
  public:
    explicit server(nanoseconds frame_time = 20ms) : frame_time_(frame_time) {}

    void send(int frames) {
        for (int i = 0; i < frames; ++i, now_ += frame_time_)
            add(now_);
    }

    // Sends all overdue frames at once afterwards.
    void stall_and_catch_up(int frames) {
        now_ += frames * frame_time_;
        for (int i = 0; i < frames; ++i)
            add(now_);
    }

    void stall_and_skip(int frames) { now_ += frames * frame_time_; }

    measured_rate rate() const { return rate_of_frames(received_).value(); }

  private:
    void add(time_point at) { received_.push_back({kind::slin, bytes(320), at, at, {}}); }

    nanoseconds frame_time_;
    time_point now_{};
    std::vector<received_message> received_;
};

} // namespace

TEST(rate_of_frames, steady_frames_have_one_rate) {
    server s;
    s.send(3001);
    EXPECT_DOUBLE_EQ(s.rate().received, 50);
    EXPECT_DOUBLE_EQ(s.rate().skipping_lowest, 50);
    EXPECT_DOUBLE_EQ(s.rate().skipping_highest, 50);
    EXPECT_EQ(s.rate().time, nanoseconds(60s));
}

TEST(rate_of_frames, stall_whose_frames_come_late_or_not_at_all_is_right) {
    for (const bool skips : {true, false}) {
        server s;
        s.send(1000);
        if (skips)
            s.stall_and_skip(10);
        else
            s.stall_and_catch_up(10);
        s.send(2000);
        EXPECT_TRUE(s.rate().is_about(50, 0.001));
        EXPECT_NEAR(s.rate().received, skips ? 49.83 : 50, 0.01);
    }
}

TEST(rate_of_frames, pause_of_100_ms_must_be_made_up_for) {
    server s;
    for (int i = 0; i < 100; ++i) {
        s.send(30);
        s.stall_and_skip(4);
    }
    EXPECT_FALSE(s.rate().is_about(50, 0.001));
}

TEST(rate_of_frames, clock_that_drifts_is_seen_beside_a_stall) {
    for (const auto frame_time : {19'900us, 20'100us}) {
        server s(frame_time);
        s.send(1000);
        s.stall_and_skip(10);
        s.send(2000);
        EXPECT_FALSE(s.rate().is_about(50, 0.001)) << s.rate().skipping_lowest << " to " << s.rate().skipping_highest;
    }
}

TEST(rate_of_frames, few_frames_after_a_stall_may_still_be_sent_at_once) {
    server s;
    s.send(1000);
    s.stall_and_skip(10);
    s.stall_and_catch_up(3);
    s.send(2000);
    EXPECT_TRUE(s.rate().is_about(50, 0.0005));
}

TEST(rate_of_frames, fewer_than_two_messages_have_no_rate) {
    EXPECT_EQ(rate_of_frames({}), std::nullopt);
    const std::vector<received_message> one{{kind::slin, bytes(320), {}, {}, {}}};
    EXPECT_EQ(rate_of_frames(one), std::nullopt);
}

} // namespace audiosocket::app::check
