// SPDX-License-Identifier: Apache-2.0
#include "call/send_watch.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

const time_point epoch{std::chrono::hours{1000}};

// A network that takes each frame so long after it was composed, and a driver that looks when the watch wants to.
struct network {
    // Sends frames until this time; whether the network turned out to be too slow.
    bool send_until(time_point end, std::chrono::nanoseconds takes) {
        while (now < end) {
            watch.begun(now);
            const auto sent = now + takes;
            while (watch.deadline() < sent) {
                now = watch.deadline();
                if (watch.look(now)) return true;
            }
            now = sent;
            watch.sent(true, now);
            if (watch.deadline() <= now && watch.look(now)) return true;
            now = std::max(now, next_frame);
            next_frame = now + 20ms;
        }
        return false;
    }

    send_watch watch{5s, 20ms};
    time_point now = epoch;
    time_point next_frame = epoch;
};

} // namespace

TEST(send_watch, network_that_takes_each_message_at_once_is_never_too_slow) {
    network n;
    EXPECT_FALSE(n.send_until(epoch + 1h, 0ns));
    EXPECT_EQ(n.watch.deadline(), time_point::max());
}

// 200 bytes a second: a message of 323 bytes takes 1.6 s.
TEST(send_watch, peer_that_reads_200_bytes_a_second_is_found_within_the_timeout_and_a_message) {
    network n;
    EXPECT_TRUE(n.send_until(epoch + 1min, 1615ms));
    EXPECT_LE(n.now, epoch + 5s + 1615ms);
}

TEST(send_watch, half_of_the_audio_is_the_least_that_is_enough) {
    EXPECT_TRUE(network{}.send_until(epoch + 1min, 45ms));
    EXPECT_FALSE(network{}.send_until(epoch + 1h, 36ms));
}

TEST(send_watch, one_message_has_the_timeout) {
    send_watch w(5s, 20ms);
    w.begun(epoch);
    for (auto at = epoch + 500ms; at < epoch + 5s; at += 500ms) {
        EXPECT_EQ(w.deadline(), at);
        EXPECT_FALSE(w.look(at - 1ms)) << "has no effect";
        EXPECT_FALSE(w.look(at));
    }
    EXPECT_TRUE(w.look(epoch + 5s));
    EXPECT_LE(w.deadline(), epoch + 5s);
    w.stop();
    EXPECT_EQ(w.deadline(), time_point::max());
    EXPECT_FALSE(w.look(epoch + 6s));
}

// However many frames the network has taken before.
TEST(send_watch, network_that_stops_is_found_within_the_timeout) {
    network n;
    EXPECT_FALSE(n.send_until(epoch + 10min, 1ms));
    const auto stopped = n.now;
    EXPECT_TRUE(n.send_until(n.now + 1ms, 1h));
    EXPECT_EQ(n.now, stopped + 5s);
}

// A network that stalls for two seconds in each minute loses 4 % of the audio.
TEST(send_watch, stalls_that_add_up_are_compared_with_all_that_was_sent_meanwhile) {
    network n;
    for (int minute = 1; minute <= 60; ++minute) {
        EXPECT_FALSE(n.send_until(epoch + minute * 1min, 0ns));
        EXPECT_FALSE(n.send_until(n.now + 1ms, 2s));
    }
}

// The process was stopped again and again with a message on its way, each time for almost as long as one may take.
TEST(send_watch, time_in_which_we_did_not_look_does_not_count_against_the_peer) {
    network n;
    for (int stop = 0; stop < 9; ++stop) {
        n.watch.begun(n.now);
        n.now += 4s;
        EXPECT_FALSE(n.watch.look(n.now));
        n.watch.sent(true, n.now);
        EXPECT_FALSE(n.watch.look(n.now));
        EXPECT_FALSE(n.send_until(n.now + 100ms, 0ns));
    }
}

TEST(send_watch, peer_that_reads_at_its_pace_again_starts_afresh) {
    network n;
    EXPECT_FALSE(n.send_until(epoch + 3s, 1s));
    EXPECT_FALSE(n.send_until(epoch + 1min, 0ns));
    EXPECT_FALSE(n.send_until(n.now + 3s, 1s));
}
