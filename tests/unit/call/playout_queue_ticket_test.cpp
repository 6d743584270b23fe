// SPDX-License-Identifier: Apache-2.0
// Sounds with a ticket: what the queue reports about each.

#include "call/playout_queue.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

using words = std::vector<std::string>;

// Pulls frames of 20 ms out of a queue.
struct puller {
    playout_queue queue;
    int rate_hz = 8000;
    words reported;
    words cleared;

    std::size_t pull() {
        std::vector<std::int16_t> frame(static_cast<std::size_t>(rate_hz / 50));
        std::vector<played_event> reached;
        const std::size_t n = queue.pull(frame, rate_hz, reached);
        for (const auto& r : reached)
            reported.push_back(r.mark + " " + std::to_string(r.sent.count()));
        return n;
    }
    void clear() {
        std::vector<cleared_event> cut;
        queue.clear(cut);
        for (const auto& c : cut)
            cleared.push_back(c.mark + " " + std::to_string(c.sent.count()) + "/" + std::to_string(c.cut.count()));
    }

    // A sound with a report, and all reports so far: "ticket sent/cut".
    void append(std::size_t samples, int of_rate_hz, std::uint64_t ticket) {
        const clip sound(count_up(samples), of_rate_hz);
        queue.append(sound);
        queue.append_ticket(play_ticket{ticket}, sound.duration());
    }
    std::vector<std::string> reports() {
        std::vector<std::string> all;
        while (const auto r = queue.take_report())
            all.push_back(std::to_string(static_cast<std::uint64_t>(r->ticket)) + " " +
                          std::to_string(r->result.sent.count()) + "/" + std::to_string(r->result.cut.count()) +
                          (r->result.cleared ? " cleared" : ""));
        return all;
    }
};

} // namespace

TEST(playout_queue_ticket, ticket_is_reported_with_its_own_sound_when_it_has_been_pulled) {
    puller p;
    p.queue.append(count_up(800), 8000);
    p.append(1600, 8000, 7);
    p.append(160, 8000, 8);
    p.queue.append_mark("end");
    for (int i = 0; i < 14; ++i)
        p.pull();
    EXPECT_EQ(p.reports(), words{});
    p.pull();
    EXPECT_EQ(p.reports(), words{"7 200/0"});
    p.pull();
    EXPECT_EQ(p.reports(), words{"8 20/0"});
    EXPECT_EQ(p.reported, words{"end 320"}); // a ticket does not change the marks' ledger
    EXPECT_TRUE(p.queue.empty());
    EXPECT_EQ(p.queue.marks(), 0U);
}

TEST(playout_queue_ticket, cleared_ticket_reports_what_was_sent_and_what_was_cut_of_its_sound) {
    puller p;
    p.queue.append(count_up(800), 8000);
    p.append(1600, 8000, 1);
    p.queue.append_mark("a");
    p.append(800, 8000, 2);
    for (int i = 0; i < 7; ++i)
        p.pull();
    p.clear();
    EXPECT_EQ(p.reports(), (words{"1 40/160 cleared", "2 0/100 cleared"}));
    EXPECT_EQ(p.cleared, (words{"a 140/160", " 0/100"}));
    p.append(80, 8000, 3);
    p.pull();
    EXPECT_EQ(p.reports(), words{"3 10/0"});
}

TEST(playout_queue_ticket, ticket_of_another_rate_waits_for_the_last_converted_sample) {
    puller p;
    p.rate_hz = 16'000;
    p.append(1600, 8000, 1);
    std::size_t pulled = 0;
    while (p.reports().empty())
        pulled += p.pull();
    EXPECT_EQ(pulled, 3200U);

    p.append(1600, 8000, 2);
    p.pull();
    p.clear();
    const auto reported = p.reports();
    ASSERT_EQ(reported.size(), 1U);
    // What the converter held counts as cut: the peer has heard 20 ms.
    EXPECT_EQ(reported[0], "2 20/180 cleared");
}

TEST(playout_queue_ticket, ticket_without_sound_is_reported_in_its_place) {
    puller p;
    p.queue.append(count_up(160), 8000);
    p.append(0, 8000, 1);
    EXPECT_FALSE(p.queue.empty());
    p.pull();
    EXPECT_EQ(p.reports(), words{"1 0/0"});
    p.append(0, 8000, 2);
    EXPECT_FALSE(p.queue.empty());
    EXPECT_EQ(p.pull(), 0U);
    EXPECT_EQ(p.reports(), words{"2 0/0"});
}

TEST(playout_queue_ticket, report_may_be_about_sound_that_was_queued_in_pieces) {
    puller p;
    p.queue.append(count_up(160), 8000); // of another
    for (int i = 0; i < 10; ++i)
        p.queue.append(count_up(160), 8000);
    p.queue.append_ticket(play_ticket{1}, 200ms);
    for (int i = 0; i < 3; ++i)
        p.pull();
    p.clear();
    EXPECT_EQ(p.reports(), words{"1 40/160 cleared"});
}
