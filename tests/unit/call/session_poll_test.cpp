// SPDX-License-Identifier: Apache-2.0
// session::poll: one action at a time, their order, and what a driver that is not ready for everything gets.

#include "support/session_driver.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

using type = session_action::type;

session started(const call_options& options = {}) {
    session s(role::server, options, epoch);
    s.receive(id_frame(), epoch);
    EXPECT_EQ(s.poll(epoch, {.transmit = false}).what, type::deliver);
    return s;
}

// Performs the first action and returns it in words.
std::string step(session& s, time_point now, driver_readiness ready = {}) {
    const auto next = s.poll(now, ready);
    switch (next.what) {
    case type::shut_down: return "shut down";
    case type::deliver: return describe(*next.event);
    case type::transmit: {
        const auto k = static_cast<kind>(next.bytes[0]);
        s.transmitted(now);
        return "send " + std::string(name(k));
    }
    case type::wait: return "wait " + std::to_string((next.until - now) / 1ms);
    case type::close: return "close";
    }
    return {};
}

// Returns all steps until nothing is left to do, in one line.
std::string steps(session& s, time_point now, driver_readiness ready = {}) {
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const auto one = step(s, now, ready);
        all += (all.empty() ? "" : ", ") + one;
        if (one == "close" || one.starts_with("wait")) return all;
    }
    return all + " ...";
}

} // namespace

TEST(session_poll, a_call_begins_with_its_id_then_a_frame) {
    session s(role::server, {}, epoch);
    EXPECT_EQ(steps(s, epoch), "wait 5000");
    s.receive(id_frame(), epoch + 1s);
    EXPECT_EQ(steps(s, epoch + 1s), "started, send slin, wait 20");
    EXPECT_EQ(steps(s, epoch + 1s + 5ms), "wait 15");
    EXPECT_EQ(steps(s, epoch + 1s + 20ms), "send slin, wait 20");
}

TEST(session_poll, a_caller_sends_its_id_before_it_has_started) {
    session s(sample_id, {}, epoch);
    EXPECT_EQ(steps(s, epoch), "send id, started, send slin, wait 20");
}

TEST(session_poll, what_is_played_in_an_event_goes_out_with_the_frame_behind_it) {
    session s = started();
    s.receive(frame(kind::slin, pcm(count_up(160))), epoch);
    auto next = s.poll(epoch);
    ASSERT_EQ(next.what, type::deliver);
    s.play(std::get<audio_event>(*next.event).samples, 8000);
    s.mark("echo");
    next = s.poll(epoch);
    ASSERT_EQ(next.what, type::transmit);
    EXPECT_EQ((sent_message{epoch, {next.bytes.begin(), next.bytes.end()}}.samples()), count_up(160));
    s.transmitted(epoch);
    EXPECT_EQ(steps(s, epoch), "played echo 20, wait 20");
}

TEST(session_poll, a_mark_is_reported_before_the_next_frame_of_a_burst) {
    session s = started();
    EXPECT_EQ(steps(s, epoch), "send slin, wait 20");
    s.play(count_up(160), 8000);
    s.mark("one");
    EXPECT_EQ(steps(s, epoch + 40ms), "send slin, played one 20, send slin, wait 20");
}

TEST(session_poll, a_hang_up_is_a_message_then_a_fin_then_the_end) {
    session s = started();
    s.hang_up();
    EXPECT_EQ(steps(s, epoch), "send hangup, shut down, wait 1000");
    EXPECT_EQ(steps(s, epoch + 10ms), "wait 990");
    s.receive_end(epoch + 20ms);
    EXPECT_EQ(steps(s, epoch + 20ms), "ended hung up, close");
    EXPECT_EQ(steps(s, epoch + 1h), "close");
}

TEST(session_poll, the_fin_comes_before_the_end_is_delivered) {
    session s = started();
    s.receive_end(epoch);
    EXPECT_EQ(steps(s, epoch), "send hangup, shut down, ended peer hung up, close");
}

// When the deadline of the hang-up came first, the peer never got a hangup.
TEST(session_poll, a_hang_up_without_a_wait_still_sends_its_message) {
    call_options options;
    options.hangup_timeout = 0ms;
    session s = started(options);
    s.hang_up();
    EXPECT_EQ(steps(s, epoch), "send hangup, shut down, ended hung up, close");
}

TEST(session_poll, time_passes_with_it) {
    session s(role::server, {}, epoch);
    EXPECT_EQ(step(s, epoch + 5s - 1ms), "wait 1");
    EXPECT_EQ(steps(s, epoch + 5s), "shut down, wait 1000");
    EXPECT_EQ(steps(s, epoch + 6s), ended(end_reason::timed_out, protocol_errc::id_timeout) + ", close");
}

TEST(session_poll, a_message_comes_again_until_it_is_sent) {
    session s = started();
    const auto first = s.poll(epoch);
    const auto again = s.poll(epoch + 1ms);
    ASSERT_EQ(first.what, type::transmit);
    ASSERT_EQ(again.what, type::transmit);
    EXPECT_EQ(first.bytes.data(), again.bytes.data());
    EXPECT_EQ(s.transmit().data(), again.bytes.data());
    s.transmitted(epoch + 1ms);
    EXPECT_EQ(step(s, epoch + 1ms), "wait 19");
}

TEST(session_poll, while_a_message_is_on_its_way_events_still_come) {
    session s = started();
    ASSERT_EQ(s.poll(epoch).what, type::transmit);
    s.receive(frame(kind::dtmf, raw("5")), epoch + 1s);
    EXPECT_EQ(steps(s, epoch + 1s, {.transmit = false}), "dtmf 5, wait 500") << "a look at what is on its way";
    for (auto now = epoch + 1500ms; now < epoch + 5500ms; now += 500ms)
        EXPECT_EQ(steps(s, now, {.transmit = false}), "wait 500");
    EXPECT_EQ(steps(s, epoch + 5500ms, {.transmit = false}),
              ended(end_reason::timed_out, protocol_errc::send_timeout) + ", close");
}

TEST(session_poll, frames_that_cannot_be_sent_are_no_reason_to_poll) {
    session s = started();
    const auto next = s.poll(epoch, {.transmit = false});
    ASSERT_EQ(next.what, type::wait);
    EXPECT_EQ(next.until, time_point::max());
    EXPECT_EQ(s.deadline(), epoch);
    s.receive(raw({0x10}), epoch); // the beginning of a message, which has its time
    EXPECT_EQ(steps(s, epoch, {.transmit = false}), "wait 5000");
}

TEST(session_poll, events_that_cannot_be_taken_wait_in_their_order) {
    session s = started();
    s.receive(frame(kind::dtmf, raw("1")) + frame(kind::dtmf, raw("2")), epoch);
    EXPECT_EQ(steps(s, epoch, {.events = false}), "send slin, wait 20");
    EXPECT_EQ(steps(s, epoch), "dtmf 1, dtmf 2, wait 20");
}

TEST(session_poll, closing_does_not_wait_for_the_application) {
    session s = started();
    s.receive(frame(kind::dtmf, raw("1")), epoch);
    s.receive_end(epoch);
    EXPECT_EQ(steps(s, epoch, {.events = false}), "send hangup, shut down, close");
    EXPECT_EQ(steps(s, epoch), "dtmf 1, ended peer hung up, close");
}

TEST(session_poll, views_of_an_event_outlive_polls_that_deliver_none) {
    session s = started();
    s.receive(frame(kind::slin, pcm(count_up(8000))), epoch); // more than is kept for the next event
    const auto next = s.poll(epoch);
    ASSERT_EQ(next.what, type::deliver);
    const auto heard = std::get<audio_event>(*next.event).samples;
    EXPECT_EQ(steps(s, epoch, {.events = false}), "send slin, wait 20");
    EXPECT_TRUE(std::ranges::equal(heard, count_up(8000)));
}

TEST(session_poll, a_failed_connection_ends_at_once) {
    session s = started();
    ASSERT_EQ(s.poll(epoch).what, type::transmit);
    s.connection_failed(std::make_error_code(std::errc::broken_pipe), epoch);
    EXPECT_EQ(steps(s, epoch), "ended peer reset the connection, close");
}

TEST(session_poll, a_driver_may_use_the_single_members_instead) {
    session polled = started();
    session single = started();
    std::mt19937 random(1);
    std::string polled_log;
    std::string single_log;
    time_point now = epoch;
    const auto both = [&](auto action) {
        action(polled);
        action(single);
    };
    for (int i = 0; i < 500; ++i) {
        now += std::chrono::milliseconds(random() % 25);
        switch (random() % 5) {
        case 0: both([&](session& s) { s.receive(frame(kind::slin, pcm(count_up(160))), now); }); break;
        case 1: both([&](session& s) { s.receive(frame(kind::dtmf, raw("7")), now); }); break;
        case 2: both([](session& s) { s.play(count_up(240), 8000); }); break;
        case 3: both([](session& s) { s.mark("m"); }); break;
        case 4: break;
        }
        if (i == 300) both([](session& s) { s.hang_up(); });
        polled_log += steps(polled, now) + "\n";

        single.advance(now);
        std::string line;
        const auto add = [&](const std::string& what) { line += (line.empty() ? "" : ", ") + what; };
        bool shut_down = false;
        for (;;) {
            if (single.sending_done() && single_log.find("shut down") == std::string::npos && !shut_down) {
                shut_down = true;
                add("shut down");
            } else if (const auto e = single.next_event()) {
                add(describe(*e));
            } else if (const auto message = single.transmit(); !message.empty()) {
                add("send " + std::string(name(static_cast<kind>(message[0]))));
                single.transmitted(now);
            } else {
                break;
            }
        }
        add(single.closed() ? "close" : "wait " + std::to_string((single.deadline() - now) / 1ms));
        single_log += line + "\n";
    }
    EXPECT_EQ(polled_log, single_log);
    EXPECT_NE(polled_log.find("played m"), std::string::npos);
    EXPECT_NE(polled_log.find("ended hung up, close"), std::string::npos);
}

TEST(engine_hooks, a_stalled_send_is_counted) {
    session s = started();
    audiosocket::detail::engine_hooks::transmit_stalled(s);
    EXPECT_EQ(s.statistics().stalled_sends, 1U);
}

TEST(session_poll, call_from_which_nothing_arrives_ends_in_order_at_the_idle_limit) {
    call_options options;
    options.idle_timeout = 30s;
    session s = started(options);
    s.receive(frame(kind::dtmf, raw("5")), epoch + 20s);
    time_point now = epoch;
    for (; now < epoch + 50s; now += 20ms)
        EXPECT_EQ(steps(s, now).find("hangup"), std::string::npos) << (now - epoch) / 1ms;
    EXPECT_EQ(steps(s, now), "send slin, send hangup, shut down, wait 1000"); // what could be sent in time is sent
    s.receive_end(now);
    EXPECT_EQ(steps(s, now), ended(end_reason::timed_out, protocol_errc::idle_timeout) + ", close");
}

TEST(session_poll, id_and_a_part_of_a_message_are_life) {
    call_options options;
    options.idle_timeout = 3s;
    options.message_timeout = 1h;
    session s = started(options);
    s.receive(raw({0x10}), epoch + 2s);
    EXPECT_EQ(steps(s, epoch + 2s + 3s - 1ms).find("hangup"), std::string::npos);
    EXPECT_NE(steps(s, epoch + 2s + 3s).find("hangup"), std::string::npos);
}

TEST(session_poll, silent_call_without_an_idle_limit_stays) {
    session s = started();
    EXPECT_EQ(steps(s, epoch + 24h).find("hangup"), std::string::npos);
}
