// SPDX-License-Identifier: Apache-2.0
#include "call/lifecycle.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

const time_point epoch{std::chrono::hours{1000}};

call_options options() {
    call_options o;
    o.id_timeout = 5s;
    o.hangup_timeout = 1s;
    return o;
}

} // namespace

TEST(lifecycle, waits_for_the_id_until_its_timeout) {
    const lifecycle life(options(), epoch);
    EXPECT_TRUE(life.in_handshake());
    EXPECT_FALSE(life.ending());
    EXPECT_EQ(life.deadline(), epoch + 5s);
    EXPECT_FALSE(life.id_is_late(epoch + 5s - 1ns));
    EXPECT_TRUE(life.id_is_late(epoch + 5s));
}

TEST(lifecycle, a_call_in_progress_has_no_deadline) {
    lifecycle life(options(), epoch);
    life.start();
    EXPECT_TRUE(life.up());
    EXPECT_FALSE(life.in_handshake());
    EXPECT_FALSE(life.ending());
    EXPECT_EQ(life.deadline(), time_point::max());
    EXPECT_FALSE(life.id_is_late(epoch + 1h));
    EXPECT_FALSE(life.close_is_late(epoch + 1h));
}

TEST(lifecycle, closing_waits_for_the_peer_until_the_hangup_timeout) {
    lifecycle life(options(), epoch);
    life.start();
    life.begin_close({end_reason::hung_up, {}, {}}, epoch + 10s);
    EXPECT_TRUE(life.closing());
    EXPECT_TRUE(life.ending());
    EXPECT_EQ(life.deadline(), epoch + 11s);
    EXPECT_FALSE(life.close_is_late(epoch + 11s - 1ns));
    EXPECT_TRUE(life.close_is_late(epoch + 11s));
}

TEST(lifecycle, a_handshake_that_closes_is_not_late_for_its_id_any_more) {
    lifecycle life(options(), epoch);
    life.begin_close({end_reason::never_started, {}, {}}, epoch + 4s);
    EXPECT_TRUE(life.closing());
    EXPECT_FALSE(life.id_is_late(epoch + 5s));
    EXPECT_EQ(life.deadline(), epoch + 5s) << "a second after the close began";
}

TEST(lifecycle, both_directions_are_done_when_the_peers_was_done_before) {
    lifecycle peer_first(options(), epoch);
    peer_first.peer_done();
    peer_first.begin_close({end_reason::peer_hung_up, {}, {}}, epoch);
    EXPECT_FALSE(peer_first.sending_done());
    EXPECT_TRUE(peer_first.sending_is_done());
    EXPECT_TRUE(peer_first.sending_done());

    lifecycle we_first(options(), epoch);
    we_first.begin_close({end_reason::hung_up, {}, {}}, epoch);
    EXPECT_FALSE(we_first.sending_is_done());
    we_first.peer_done();
    EXPECT_TRUE(we_first.sending_is_done());
}

TEST(lifecycle, the_socket_is_shut_down_once_and_not_before_all_is_sent) {
    lifecycle life(options(), epoch);
    life.begin_close({end_reason::hung_up, {}, {}}, epoch);
    EXPECT_FALSE(life.take_shut_down());
    life.sending_is_done();
    EXPECT_TRUE(life.take_shut_down());
    EXPECT_FALSE(life.take_shut_down());
    life.sending_is_done();
    EXPECT_FALSE(life.take_shut_down());
}

TEST(lifecycle, finish_returns_why_it_closes_and_leaves_no_deadline) {
    lifecycle life(options(), epoch);
    life.start();
    life.begin_close({end_reason::timed_out, protocol_errc::message_timeout, {}}, epoch);
    EXPECT_FALSE(life.take_end());
    life.finish();
    const auto end = life.take_end();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->reason, end_reason::timed_out);
    EXPECT_EQ(end->error, protocol_errc::message_timeout);
    EXPECT_FALSE(life.take_end()); // once
    EXPECT_TRUE(life.closed());
    EXPECT_TRUE(life.ending());
    EXPECT_FALSE(life.closing());
    EXPECT_EQ(life.deadline(), time_point::max());
}
