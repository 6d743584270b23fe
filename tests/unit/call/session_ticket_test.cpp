// SPDX-License-Identifier: Apache-2.0
// Reports about sounds with a ticket: session::take_report().

#include "support/allocations.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

clip sound(std::size_t samples, int rate_hz = 8000) {
    return clip(count_up(samples), rate_hz);
}

// All reports so far, in words: "1 200/0".
std::string reports(session& s) {
    std::string all;
    while (const auto r = s.take_report())
        all += (all.empty() ? "" : ", ") + std::to_string(static_cast<std::uint64_t>(r->ticket)) + " " +
               std::to_string(r->result.sent.count()) + "/" + std::to_string(r->result.cut.count()) +
               (r->result.cleared ? " cleared" : "");
    return all;
}

error_code play(session_driver& d, const clip& what, std::uint64_t ticket) {
    return d.act([&](session& s) { return s.play(what, play_ticket{ticket}); });
}

} // namespace

TEST(session_ticket, report_comes_when_the_last_frame_of_the_sound_was_sent_also_without_events) {
    session_driver d;
    d.take_events = false;
    d.receive(id_frame());
    EXPECT_FALSE(play(d, sound(1600), 1));
    EXPECT_FALSE(play(d, sound(160), 2));
    d.run_for(200ms - 1ns);
    EXPECT_EQ(reports(*d), "");
    d.run_for(1ns);
    EXPECT_EQ(reports(*d), "1 200/0");
    d.run_for(20ms);
    EXPECT_EQ(reports(*d), "2 20/0");
}

TEST(session_ticket, report_waits_for_a_frame_that_is_still_on_its_way) {
    session_driver d;
    d.receive(id_frame());
    d.send_time = 15ms;
    EXPECT_FALSE(play(d, sound(160), 1));
    d.run_for(34ms); // the frame is made at 20 ms
    EXPECT_EQ(reports(*d), "");
    d.run_for(1ms);
    EXPECT_EQ(reports(*d), "1 20/0");
}

TEST(session_ticket, clear_and_the_end_of_the_call_report_all_that_is_pending) {
    session_driver d;
    d.receive(id_frame());
    EXPECT_FALSE(play(d, sound(1600), 1));
    EXPECT_FALSE(play(d, sound(1600), 2));
    d.run_for(260ms);
    EXPECT_FALSE(d.act([](session& s) { return s.clear(); }));
    EXPECT_EQ(reports(*d), "1 200/0, 2 60/140 cleared");
    EXPECT_EQ(d.log, (std::vector<std::string>{"started", "cleared  260/140"}));
    EXPECT_FALSE(play(d, sound(1600), 3));
    d.receive(frame(kind::hangup));
    EXPECT_EQ(reports(*d), "3 0/200 cleared");
    EXPECT_EQ(play(d, sound(1600), 4), usage_errc::call_ended);
    EXPECT_EQ(reports(*d), "");
}

TEST(session_ticket, connection_that_fails_with_a_frame_on_its_way_reports_as_well) {
    session_driver d;
    d.receive(id_frame());
    d.send_time = 1h;
    EXPECT_FALSE(play(d, sound(1600), 1));
    d.run_for(20ms);
    d.fail();
    EXPECT_EQ(reports(*d), "1 20/180 cleared");
}

TEST(session_ticket, refused_sound_leaves_no_report) {
    call_options options;
    options.playout_queue = 100ms;
    session_driver d(options);
    d.receive(id_frame());
    EXPECT_FALSE(play(d, sound(8000), 1)); // longer than the queue, by its own length
    EXPECT_EQ(play(d, sound(160), 2), usage_errc::playout_full);
    EXPECT_EQ(play(d, sound(160, 3000), 3), usage_errc::unsupported_rate);
    d.run_for(2s);
    EXPECT_EQ(reports(*d), "1 1000/0");
}

TEST(session_ticket, tickets_count_as_marks_until_their_reports_are_taken) {
    session_driver d;
    d.receive(id_frame());
    for (int i = 0; i < 10'000; ++i)
        ASSERT_FALSE(d->mark(play_ticket{1}, {}));
    EXPECT_EQ(d->mark("one too many"), usage_errc::playout_full);
    EXPECT_EQ(play(d, sound(160), 2), usage_errc::playout_full);
    EXPECT_EQ(d->queued(), 0ms); // refused whole
    d.run_for(20ms);
    EXPECT_EQ(d->mark("still"), usage_errc::playout_full);
    while (d->take_report()) {
    }
    EXPECT_FALSE(d->mark("now"));
}

TEST(session_ticket, hang_up_when_played_waits_for_it) {
    session_driver d;
    d.receive(id_frame());
    EXPECT_FALSE(play(d, sound(320), 1));
    EXPECT_FALSE(d.act([](session& s) { return s.hang_up_when_played(); }));
    d.run_for(200ms);
    EXPECT_EQ(reports(*d), "1 40/0");
    EXPECT_NE(d.fin_at, time_point::max());
}

TEST(session_ticket, sounds_one_after_the_other_allocate_nothing_in_steady_state) {
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    while (s.next_event()) {
    }
    const clip one = sound(160);
    std::size_t before = 0;
    std::size_t reported = 0;
    for (int i = 0; i < 2000; ++i) {
        if (i == 1000) before = allocations();
        const auto now = epoch + i * 20ms;
        s.play(one, play_ticket{1});
        s.advance(now);
        while (!s.transmit().empty())
            s.transmitted(now);
        while (s.take_report())
            ++reported;
    }
    EXPECT_EQ(allocations(), before);
    EXPECT_EQ(reported, 2000U);
}
