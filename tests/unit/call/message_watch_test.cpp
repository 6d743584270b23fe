// SPDX-License-Identifier: Apache-2.0
#include "call/message_watch.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

const time_point epoch{std::chrono::hours{1000}};

struct watched {
    call_statistics counters;
    message_watch watch{5s, 0ms, counters};

    // Bytes arrive: the part of the message that was there before, and what the decoder returned.
    void arrive(time_point at, std::size_t begun_bytes, bool completed_one, bool in_message) {
        watch.arrived(begun_bytes, at);
        watch.decoded(completed_one, in_message);
    }
};

} // namespace

TEST(message_watch, whole_messages_have_no_deadline) {
    watched w;
    EXPECT_EQ(w.watch.deadline(), time_point::max());
    w.arrive(epoch, 0, true, false);
    EXPECT_EQ(w.watch.deadline(), time_point::max());
    EXPECT_EQ(w.counters.message_pause_max, 0us);
}

TEST(message_watch, a_message_has_its_time_from_its_first_byte) {
    watched w;
    w.arrive(epoch, 0, false, true);
    EXPECT_EQ(w.watch.deadline(), epoch + 5s);
    w.arrive(epoch + 2s, 10, false, true);
    EXPECT_EQ(w.watch.deadline(), epoch + 5s) << "more of the same message gives it no more time";
    w.arrive(epoch + 3s, 20, true, false);
    EXPECT_EQ(w.watch.deadline(), time_point::max());
}

TEST(message_watch, a_message_behind_a_completed_one_has_its_own_time) {
    watched w;
    w.arrive(epoch, 0, false, true);
    w.arrive(epoch + 4s, 10, true, true);
    EXPECT_EQ(w.watch.deadline(), epoch + 9s);
}

TEST(message_watch, the_longest_pause_inside_a_message_is_counted) {
    watched w;
    w.arrive(epoch, 0, false, true);
    w.arrive(epoch + 30ms, 10, false, true);
    w.arrive(epoch + 40ms, 20, true, false);
    w.arrive(epoch + 10s, 0, true, false); // between messages
    EXPECT_EQ(w.counters.message_pause_max, 30ms);
    EXPECT_EQ(w.counters.split_headers, 0U);
}

TEST(message_watch, a_header_in_two_pieces_counts_from_a_millisecond_on) {
    for (const auto& [begun, pause, counted] :
         {std::tuple(1U, 1ms, 1U), {2U, 20ms, 1U}, {2U, 0ms, 0U}, {3U, 20ms, 0U}}) {
        watched w;
        w.arrive(epoch, 0, false, true);
        w.arrive(epoch + pause, begun, true, false);
        EXPECT_EQ(w.counters.split_headers, counted) << begun << " bytes, " << pause.count() << " ms";
    }
}

TEST(message_watch, after_stop_nothing_is_expected) {
    watched w;
    w.arrive(epoch, 0, false, true);
    w.watch.stop();
    EXPECT_EQ(w.watch.deadline(), time_point::max());
}

TEST(message_watch, peer_of_a_call_may_be_silent_for_as_long_as_the_idle_timeout) {
    call_statistics counters;
    message_watch watch(5s, 60s, counters);
    EXPECT_EQ(watch.idle_deadline(), time_point::max()) << "no call yet";
    watch.start(epoch);
    EXPECT_EQ(watch.idle_deadline(), epoch + 60s);
    watch.arrived(0, epoch + 59s);
    EXPECT_EQ(watch.idle_deadline(), epoch + 59s + 60s);
    watch.arrived(2, epoch + 61s); // one byte is enough
    EXPECT_EQ(watch.idle_deadline(), epoch + 61s + 60s);
    watch.stop();
    EXPECT_EQ(watch.idle_deadline(), time_point::max());
}

TEST(message_watch, idle_timeout_of_0_lets_a_peer_be_silent) {
    watched w;
    w.watch.start(epoch);
    EXPECT_EQ(w.watch.idle_deadline(), time_point::max());
}
