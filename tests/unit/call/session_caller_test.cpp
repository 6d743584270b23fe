// SPDX-License-Identifier: Apache-2.0
// The calling side: it behaves like Asterisk, and sends digits.

#include "support/session_script.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

const bytes audio = frame(kind::slin, pcm(tone(160, 8000)));

} // namespace

TEST(session, a_caller_says_its_id_first_and_then_audio) {
    check_script(a_caller(), {passes(100ms), fin()}, {"started", "ended peer hung up"});
    session_driver d(session(sample_id, {}, epoch));
    EXPECT_EQ(d.sent.at(0).data, id_frame());
    EXPECT_EQ(d.sent.at(1).what(), kind::slin);
    EXPECT_EQ(d.log, std::vector<std::string>{"started"});
}

TEST(session, a_caller_closes_without_a_hangup_as_asterisk_does) {
    session_driver d(session(sample_id, {}, epoch));
    d.run_for(95ms);
    d.act([](session& s) { return s.hang_up(); });
    EXPECT_TRUE(d->sending_done());
    EXPECT_EQ(d.sent.back().what(), kind::slin);
    d.receive(frame(kind::hangup));
    d.receive_end();
    EXPECT_EQ(d.log, (std::vector<std::string>{"started", "ended hung up"}));
}

TEST(session, a_caller_whose_id_is_not_read_times_out) {
    session_driver d(session(sample_id, {}, epoch));
    d->transmit();
    session stuck(sample_id, {}, epoch);
    EXPECT_FALSE(stuck.transmit().empty());
    time_point now = epoch;
    while (!stuck.closed() && now < epoch + 1h)
        stuck.advance(now = stuck.deadline());
    EXPECT_EQ(now, epoch + 5s);
    const auto end = stuck.next_event();
    ASSERT_TRUE(end);
    EXPECT_EQ(std::get<ended_event>(*end).reason, end_reason::timed_out);
}

TEST(session, an_answer_that_overtakes_the_news_that_the_id_is_out_starts_the_call) {
    // The network may report what arrived before it reports that a send is complete. The session took that for a wrong
    // id.
    for (const split how : all_splits) {
        session s(sample_id, {}, epoch);
        EXPECT_FALSE(s.transmit().empty());
        std::mt19937 random{5};
        cut(audio, how, random, [&](auto piece) { s.receive(piece, epoch + 1ms); });
        s.transmitted(epoch + 2ms);
        std::vector<std::string> events;
        while (const auto e = s.next_event())
            events.push_back(describe(*e));
        EXPECT_EQ(events, (std::vector<std::string>{"started", "audio 160@8000"}));
        EXPECT_FALSE(s.transmit().empty());
    }
}

TEST(session, a_caller_ignores_what_only_callers_send) {
    check_script(a_caller(), {arrives(id_frame() + frame(kind::dtmf, raw("5")) + audio), passes(100ms), fin()},
                 {"started", "audio 160@8000", "ended peer hung up"});
}

TEST(session, digits_go_out_in_order_between_frames) {
    session_driver d(session(sample_id, {}, epoch));
    d.run_for(30ms);
    for (const char digit : std::string("0123456789*#ABCD"))
        EXPECT_FALSE(d.act([&](session& s) { return s.send_dtmf(digit); }));
    d.run_for(30ms);
    std::string digits;
    for (const auto& m : d.sent)
        if (m.what() == kind::dtmf) digits += static_cast<char>(m.data.at(3));
    EXPECT_EQ(digits, "0123456789*#ABCD");
    EXPECT_EQ(d.frames().size(), 4U);
}

TEST(session, digits_that_wait_for_the_network_go_out_before_the_fin) {
    session_driver d(session(sample_id, {}, epoch));
    d.send_time = 5ms;
    d.run_for(42ms); // a frame is under way
    d.act([](session& s) { return s.send_dtmf('5'); });
    d.act([](session& s) { return s.send_dtmf('#'); });
    d.act([](session& s) { return s.hang_up(); });
    EXPECT_FALSE(d->sending_done());
    d.run_for(100ms);
    ASSERT_GE(d.sent.size(), 2U);
    EXPECT_EQ(d.sent[d.sent.size() - 2].data, frame(kind::dtmf, raw("5")));
    EXPECT_EQ(d.sent.back().data, frame(kind::dtmf, raw("#")));
    EXPECT_EQ(d.fin_at, epoch + 55ms);
}

TEST(session, digits_that_wait_behind_an_id_in_flight_go_out_before_the_fin) {
    session s(sample_id, {}, epoch);
    EXPECT_FALSE(s.transmit().empty());
    EXPECT_FALSE(s.send_dtmf('1'));
    EXPECT_FALSE(s.hang_up());
    s.transmitted(epoch);
    const auto digit = s.transmit();
    EXPECT_TRUE(std::ranges::equal(digit, frame(kind::dtmf, raw("1"))));
    s.transmitted(epoch);
    EXPECT_TRUE(s.sending_done());
}

TEST(session, a_caller_that_hangs_up_before_its_id_is_out_never_calls) {
    session s(sample_id, {}, epoch);
    EXPECT_FALSE(s.send_dtmf('1'));
    EXPECT_FALSE(s.hang_up());
    EXPECT_TRUE(s.transmit().empty());
    EXPECT_TRUE(s.sending_done());
}

TEST(session, digits_are_refused_where_they_make_no_sense) {
    session_driver server;
    server.receive(id_frame());
    EXPECT_EQ(server->send_dtmf('1'), usage_errc::caller_only);
    session_driver caller(session(sample_id, {}, epoch));
    EXPECT_EQ(caller->send_dtmf('x'), usage_errc::not_a_dtmf_digit);
    caller.run_for(1s);
    for (const auto& m : caller.sent)
        EXPECT_NE(m.what(), kind::dtmf);
}

TEST(session, digits_that_are_not_taken_are_bounded) {
    session s(sample_id, {}, epoch);
    int taken = 0;
    while (!s.send_dtmf('1') && taken < 10'000)
        ++taken;
    EXPECT_LE(taken, 64);
    EXPECT_EQ(s.send_dtmf('1'), usage_errc::playout_full);
}
