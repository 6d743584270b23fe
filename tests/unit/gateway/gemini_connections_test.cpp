// SPDX-License-Identifier: Apache-2.0
// Connections of gemini that end before the call.
#include "unit/gateway/gemini_call.hpp"

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace audiosocket::test::gemini_service;
using namespace std::chrono_literals;

namespace {

class gemini_connections : public gemini_test {};

} // namespace

TEST_F(gemini_connections, a_connection_that_goes_away_is_changed_in_a_quiet_moment_with_the_newest_handle) {
    open();
    now += 10s;
    tell(handle("h1"));
    tell(audio());
    out.take();
    tell(go_away("10s"));
    EXPECT_TRUE(out.take().empty()) << "an answer is being made";
    EXPECT_EQ(in->deadline(), now + 8s);
    tell(turn_complete);
    EXPECT_EQ(out.take(), std::vector<std::string>{"mark"}) << "the handle of this turn is still to come";
    tell(quoted("{'sessionResumptionUpdate':{'resumable':false}}"));
    EXPECT_TRUE(out.take().empty());
    tell(handle("h2"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"reconnect"});
    tell(audio());
    EXPECT_TRUE(out.take().empty()) << "nothing of the old connection counts";
    in->opened(now, out);
    expect_sent({set_up("{'handle':'h2'}")});
    EXPECT_EQ(in->deadline(), time_point::max());
    tell(setup_complete);
    EXPECT_EQ(out.take(), std::vector<std::string>{"ready"});
}

TEST_F(gemini_connections, a_quiet_connection_that_goes_away_is_changed_at_once) {
    open();
    tell(handle("h1"));
    now += 10s;
    tell(go_away("9.5s"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"reconnect"});
}

TEST_F(gemini_connections, a_connection_that_goes_away_is_changed_two_seconds_before_its_end_whatever_happens) {
    open();
    tell(handle("h1"));
    tell(audio());
    tell(go_away("9.25s"));
    out.take();
    EXPECT_EQ(in->deadline(), now + 7250ms);
    in->tick(now + 7249ms, out);
    EXPECT_TRUE(out.take().empty());
    in->tick(now + 7250ms, out);
    EXPECT_EQ(out.take(), std::vector<std::string>{"reconnect"});
    in->opened(now, out);
    expect_sent({set_up("{'handle':'h1'}")});
}

TEST_F(gemini_connections, a_session_without_a_handle_begins_again) {
    open();
    tell(go_away("1s"));
    out.take();
    EXPECT_EQ(in->deadline(), now);
    in->tick(now, out);
    EXPECT_EQ(out.take().back(), "reconnect");
    EXPECT_EQ(out.reports.back().name, "not_resumable");
}

TEST_F(gemini_connections, a_time_that_cannot_be_read_means_at_once) {
    for (const auto* left : {"", "s", "soon", "-5s", "5m", "99999999999999999999s", "1.xs"}) {
        open();
        tell(audio()); // so that it is not changed at once
        tell(go_away(left));
        EXPECT_EQ(in->deadline(), now) << left;
    }
}

TEST_F(gemini_connections, a_connection_that_fails_is_continued_with_the_handle) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1008, 1011, 1006, 1001}) {
        in = made("gemini", plain_session);
        open();
        tell(handle("h1"));
        tell(audio());
        now += 2s;
        in->caller_audio({}, now, out); // time goes on
        EXPECT_EQ(in->closed(code, ""), after_close::reconnect) << code;
        out.take_texts();
        in->opened(now, out);
        expect_sent({set_up("{'handle':'h1'}")});
    }
}

TEST_F(gemini_connections, a_connection_that_fails_without_a_handle_or_too_soon_is_not_continued) {
    open();
    now += 1min;
    in->caller_audio({}, now, out);
    EXPECT_EQ(in->closed(1011, ""), after_close::fail) << "no handle";
    open();
    tell(handle("h1"));
    now += 1999ms;
    in->caller_audio({}, now, out);
    EXPECT_EQ(in->closed(1011, ""), after_close::fail) << "too soon";
    in = made("gemini", plain_session);
    in->opened(now, out);
    EXPECT_EQ(in->closed(1008, "API key not valid"), after_close::fail) << "refused";
    open();
    EXPECT_EQ(in->closed(1000, ""), after_close::fail) << "it has said nothing";
}

TEST_F(gemini_connections, short_connections_are_bounded) {
    const auto continued = [&](std::chrono::milliseconds life, bool speaks) {
        in = made("gemini", plain_session);
        int count = 0;
        for (; count < 100; ++count) {
            open();
            tell(handle("h1"));
            if (speaks) tell(audio());
            now += life;
            in->caller_audio({}, now, out);
            if (in->closed(1011, "") == after_close::fail) break;
        }
        return count;
    };
    EXPECT_EQ(continued(9999ms, false), 3);
    EXPECT_EQ(continued(10s, false), 100);
    EXPECT_EQ(continued(1ms, true), 3) << "one that speaks may be shorter than two seconds";
}

TEST_F(gemini_connections, connections_that_go_away_at_once_are_bounded) {
    int changes = 0;
    for (; changes < 100; ++changes) {
        open();
        tell(handle("h1"));
        tell(go_away("0s"));
        EXPECT_TRUE(out.take().empty()) << "a short life is used to its end";
        in->tick(now, out);
        if (out.take().back() != "reconnect") break;
    }
    EXPECT_EQ(changes, 3);
}

TEST_F(gemini_connections, a_handle_that_the_service_has_forgotten_is_given_up) {
    open();
    tell(audio());
    tell(handle("h1"));
    tell(turn_complete);
    now += 10s;
    tell(go_away("5s"));
    in->opened(now, out);
    out.take_texts();
    EXPECT_EQ(in->closed(1008, "handle not found"), after_close::reconnect);
    in->opened(now, out);
    expect_sent({set_up()});
    EXPECT_EQ(in->closed(1008, "refused"), after_close::fail);
}
