// SPDX-License-Identifier: Apache-2.0
#include "websocket/peer_watch.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace audiosocket::app::websocket {
namespace {

limits bounds() {
    limits all;
    all.ping_after = 20s;
    all.silent_max = 75s;
    all.measure_every = 5s;
    return all;
}

// A WebSocket that opens at this time.
constexpr peer_watch::time_point start{1h};

peer_watch opened(bool measures) {
    peer_watch peer(bounds());
    peer.opened(start, measures);
    return peer;
}

} // namespace

TEST(peer_watch, ping_is_due_in_silence_only) {
    auto peer = opened(false);
    EXPECT_EQ(peer.ping_at(), start + 20s);
    peer.heard(start + 15s);
    EXPECT_EQ(peer.ping_at(), start + 35s);
    peer.ping(start + 35s);
    EXPECT_EQ(peer.ping_at(), start + 55s);
}

TEST(peer_watch, measuring_ping_is_due_at_once_and_then_again_whatever_arrives) {
    auto peer = opened(true);
    EXPECT_LE(peer.ping_at(), start);
    EXPECT_EQ(peer.ping(start), "1");
    peer.heard(start + 1s);
    EXPECT_EQ(peer.ping_at(), start + 21s) << "one at a time";
    EXPECT_EQ(peer.pong("1", start + 2s), 2s);
    EXPECT_EQ(peer.ping_at(), start + 5s);
    EXPECT_EQ(peer.ping(start + 5s), "2");
}

TEST(peer_watch, answer_is_measured_from_when_the_ping_was_sent) {
    auto peer = opened(true);
    peer.ping(start);
    peer.ping_sent(start + 3s); // behind a long message
    EXPECT_EQ(peer.pong("1", start + 3050ms), 50ms);
}

TEST(peer_watch, only_the_answer_to_the_last_ping_is_measured) {
    auto peer = opened(true);
    EXPECT_FALSE(peer.pong("0", start)) << "to none";
    peer.ping(start);
    peer.ping(start + 20s);
    EXPECT_FALSE(peer.pong("1", start + 21s));
    EXPECT_EQ(peer.heard_at(), start + 21s);
    EXPECT_FALSE(peer.pong("x", start + 21s));
    EXPECT_EQ(peer.pong("2", start + 22s), 2s);
    EXPECT_FALSE(peer.pong("2", start + 23s)) << "again";
}

TEST(peer_watch, peer_that_answers_nothing_is_gone_after_its_time) {
    for (const bool measures : {false, true}) {
        auto peer = opened(measures);
        EXPECT_EQ(peer.silent_at(), peer_watch::time_point::max());
        for (auto now = start + 1ms; now < start + 75s; now = std::max(peer.ping_at(), now + 1s))
            peer.ping(now);
        EXPECT_EQ(peer.silent_at(), start + 75s);
        peer.heard(start + 74s);
        EXPECT_EQ(peer.silent_at(), peer_watch::time_point::max());
    }
}

// Data that arrived while the process was stopped is not read yet.
TEST(peer_watch, first_ping_of_a_process_that_was_stopped_has_its_whole_time) {
    auto peer = opened(false);
    peer.ping(start + 1h);
    EXPECT_EQ(peer.silent_at(), start + 1h + 55s);
}

} // namespace audiosocket::app::websocket
