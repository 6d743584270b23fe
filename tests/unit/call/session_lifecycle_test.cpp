// SPDX-License-Identifier: Apache-2.0
// The conformance cases 1 to 17 (`audiosocket check --list`), as far as one session can show them, by their numbers.

#include "support/session_script.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

const bytes audio = frame(kind::slin, pcm(tone(160, 8000)));

step hangs_up() {
    return does([](session& s) { return s.hang_up(); });
}
step plays(std::size_t ms, const std::string& mark = {}) {
    return does([ms, mark](session& s) {
        s.play(count_up(ms * 8), 8000);
        return mark.empty() ? error_code{} : s.mark(mark);
    });
}

} // namespace

TEST(session, id_starts_a_call_with_those_16_bytes) { // 1, 2
    check_script(a_server(), {arrives(id_frame())}, {"started"});
    session_driver d;
    EXPECT_FALSE(d->id());
    d.receive(id_frame());
    EXPECT_EQ(d->id(), sample_id);
}

TEST(session, a_connection_that_closes_without_a_byte_is_not_a_call) { // 3
    check_script(a_server(), {fin()}, {"ended never started"});
    check_script(a_server(), {passes(4s), fin()}, {"ended never started"});
    session_driver d;
    d.receive_end();
    EXPECT_TRUE(d->closed());
    EXPECT_TRUE(d.sent.empty());
    EXPECT_EQ(d.closed_at, epoch);
}

TEST(session, a_connection_that_is_reset_before_the_id_is_not_a_call) {
    check_script(a_server(), {reset()},
                 {ended(end_reason::never_started, std::make_error_code(std::errc::connection_reset))});
}

TEST(session, a_hangup_before_the_id_is_not_a_call) {
    check_script(a_server(), {arrives(frame(kind::hangup)), fin()}, {"ended never started"});
}

TEST(session, silence_before_the_id_ends_at_the_id_deadline) { // 4
    check_script(a_server(), {passes(7s)}, {ended(end_reason::timed_out, protocol_errc::id_timeout)});
    session_driver d;
    EXPECT_EQ(d->deadline(), epoch + 5s);
    d.run_for(5s - 1ns);
    EXPECT_FALSE(d->sending_done());
    d.run_for(1ns);
    EXPECT_TRUE(d->sending_done());
    EXPECT_TRUE(d.sent.empty());
    d.receive_end();
    EXPECT_TRUE(d->closed());
}

TEST(session, an_id_that_drips_in_has_until_the_id_deadline) {
    session_driver d;
    for (const auto b : id_frame()) {
        d.run_for(400ms); // 19 bytes would take 7.6 s
        d.receive({b});
    }
    d.run_for(1s);
    ASSERT_EQ(d.log.size(), 1U);
    EXPECT_TRUE(d.log[0].starts_with("ended timed out"));
}

TEST(session, audio_before_the_id_ends_the_connection) { // 5
    check_script(a_server(), {arrives(audio + id_frame()), fin()},
                 {ended(end_reason::protocol_violation, protocol_errc::id_expected)});
}

TEST(session, a_second_id_ends_the_call_and_never_rekeys_it) { // 6
    bytes other = id_frame();
    other[5] = std::byte{0xee};
    check_script(a_server(), {arrives(id_frame()), passes(100ms), arrives(other + audio), fin()},
                 {"started", ended(end_reason::protocol_violation, protocol_errc::id_repeated)});
    session_driver d;
    d.receive(id_frame() + other);
    EXPECT_EQ(d->id(), sample_id);
}

TEST(session, an_id_of_the_wrong_length_ends_the_connection_and_nothing_past_it_is_read) { // 7
    for (const std::size_t length : {0U, 15U, 17U, 65'535U})
        check_script(a_server(), {arrives(frame(kind::id, bytes(length)) + audio), fin()},
                     {ended(end_reason::protocol_violation, protocol_errc::id_length)});
}

TEST(session, an_id_of_the_wrong_length_is_known_by_its_header) { // 7
    for (const int length : {0, 15, 17, 65'535}) {
        session_driver d;
        d.receive(raw({1, length >> 8, length & 0xff}));
        EXPECT_TRUE(d->sending_done()) << length;
    }
}

TEST(session, the_peers_fin_is_one_hang_up_and_closes_at_once) { // 9
    check_script(a_server(), {arrives(id_frame() + audio), passes(1s), arrives(audio), fin()},
                 {"started", "audio 320@8000", "ended peer hung up"});
    session_driver d;
    d.receive(id_frame());
    d.run_for(1s);
    d.receive_end();
    EXPECT_EQ(d.closed_at, epoch + 1s);
    EXPECT_EQ(d.sent.back().what(), kind::hangup);
}

TEST(session, the_peers_reset_is_a_hang_up_and_no_failure) { // 10
    check_script(a_server(), {arrives(id_frame() + audio), reset()},
                 {"started", "audio 160@8000", "ended peer reset the connection"});
    EXPECT_FALSE(is_failure(end_reason::peer_reset));
}

TEST(session, a_broken_network_is_a_failure_and_says_how) {
    session_driver d;
    d.receive(id_frame());
    d.fail(std::make_error_code(std::errc::timed_out));
    EXPECT_EQ(d.log, (std::vector<std::string>{
                         "started", ended(end_reason::connection_failed, std::make_error_code(std::errc::timed_out))}));
}

TEST(session, fin_inside_a_header_drops_the_fragment_and_hangs_up_once) { // 11
    check_script(a_server(), {arrives(id_frame() + audio + raw({0x10, 0x01})), fin()},
                 {"started", "audio 160@8000", "ended peer hung up"});
}

TEST(session, fin_inside_a_payload_drops_the_fragment_and_hangs_up_once) { // 12
    bytes part = audio;
    part.resize(200);
    check_script(a_server(), {arrives(id_frame() + audio + part), fin()},
                 {"started", "audio 160@8000", "ended peer hung up"});
    session_driver d;
    d.receive(id_frame() + part);
    d.receive_end();
    EXPECT_EQ(d->statistics().fragments, 1U);
}

TEST(session, fin_inside_the_id_is_not_a_call_and_says_so) {
    bytes part = id_frame();
    part.resize(10);
    check_script(a_server(), {arrives(part), fin()},
                 {ended(end_reason::never_started, protocol_errc::message_truncated)});
}

TEST(session, a_hangup_message_ends_the_call) { // 13
    check_script(a_server(), {arrives(id_frame() + audio + frame(kind::hangup)), fin()},
                 {"started", "audio 160@8000", "ended peer hung up"});
    check_script(a_server(), {arrives(id_frame() + frame(kind::hangup)), passes(2s)},
                 {"started", "ended peer hung up"});
}

TEST(session, a_hangup_message_with_a_payload_ends_the_call_by_its_header) { // 14
    check_script(a_server(), {arrives(id_frame() + frame(kind::hangup, bytes(5)) + audio), fin()},
                 {"started", "ended peer hung up"});
    session_driver d;
    d.receive(id_frame() + raw({0, 0, 5}));
    EXPECT_TRUE(d->sending_done());
}

TEST(session, an_error_message_is_surfaced_with_its_code_and_ends_the_call) { // 15
    for (const int code : {1, 2, 4})
        check_script(
            a_server(), {arrives(id_frame() + frame(kind::error, raw({code}))), fin()},
            {"started", ended(end_reason::peer_error, protocol_errc::error_received, static_cast<error_bits>(code))});
    check_script(a_server(), {arrives(id_frame() + frame(kind::error)), fin()},
                 {"started", ended(end_reason::peer_error, protocol_errc::error_received, error_bits::unknown)});
}

TEST(session, our_hang_up_is_hangup_then_fin_then_reading_on) { // 17
    check_script(a_server(), {arrives(id_frame()), passes(100ms), hangs_up(), arrives(audio), passes(500ms), fin()},
                 {"started", "ended hung up"});
    session_driver d;
    d.receive(id_frame());
    d.run_for(100ms);
    d.act([](session& s) { return s.hang_up(); });
    EXPECT_EQ(d.sent.back().data, frame(kind::hangup));
    EXPECT_EQ(d.fin_at, epoch + 100ms);
    EXPECT_FALSE(d->closed());
    EXPECT_EQ(d.ends, 0);
    d.run_for(500ms);
    d.receive(audio); // read and thrown away
    EXPECT_EQ(d.log, std::vector<std::string>{"started"});
    d.receive_end();
    EXPECT_EQ(d.closed_at, epoch + 600ms);
}

TEST(session, a_peer_that_does_not_answer_our_hang_up_is_waited_for_as_long_as_hangup_timeout) { // 17
    for (const auto timeout : {0ms, 300ms, 1000ms, 8000ms}) { // the last one is beyond send_timeout, which has passed
        call_options options;
        options.hangup_timeout = timeout;
        session_driver d(options);
        d.receive(id_frame());
        d.run_for(100ms);
        d.act([](session& s) { return s.hang_up(); });
        for (int i = 0; i < 100; ++i)
            d.run_for(100ms); // extra driving changes nothing
        EXPECT_EQ(d.sent.back().what(), kind::hangup);
        EXPECT_EQ(d.closed_at, epoch + 100ms + timeout);
    }
}

TEST(session, a_peer_that_keeps_talking_after_our_hang_up_does_not_put_the_end_off) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.hang_up(); });
    for (int i = 0; i < 100; ++i) {
        d.receive(audio);
        d.run_for(20ms);
    }
    EXPECT_EQ(d.closed_at, epoch + 1s);
    EXPECT_EQ(d->statistics().frames_received, 0U);
}

TEST(session, a_hang_up_before_the_id_ends_without_a_word) {
    check_script(a_server(), {hangs_up(), arrives(id_frame()), fin()}, {"ended hung up"});
    session_driver d;
    d.act([](session& s) { return s.hang_up(); });
    EXPECT_TRUE(d.sent.empty());
    EXPECT_TRUE(d->sending_done());
}

TEST(session, what_was_queued_at_the_end_is_reported_as_cleared) {
    check_script(a_server(), {arrives(id_frame()), plays(100, "a"), plays(100, "b"), plays(50), passes(130ms), fin()},
                 {"started", "played a 100", "cleared b 20/80", "cleared  0/50", "ended peer hung up"});
}

TEST(session, hang_up_when_played_plays_first) {
    check_script(a_server(),
                 {arrives(id_frame()), plays(100, "bye"), does([](session& s) { return s.hang_up_when_played(); }),
                  passes(250ms), fin()},
                 {"started", "played bye 100", "ended hung up"});
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.play(count_up(805), 8000); }); // 100.6 ms: six frames, at 20 to 120 ms
    d.act([](session& s) { return s.hang_up_when_played(); });
    d.run_for(1s);
    EXPECT_EQ(d.fin_at, epoch + 220ms);
    EXPECT_EQ(d.frames().size(), 12U); // with the silent frame that went out with the id, and five behind the audio
    EXPECT_EQ(d->statistics().underruns, 0U) << "the end was announced";
}

// Asterisk may read the hang-up before the last frame has left its bridge, and then drops that frame.
TEST(session, hang_up_when_played_sends_silence_behind_the_audio) {
    const std::pair<std::chrono::milliseconds, std::size_t> all[] = {{0ms, 0},  {1ms, 1},   {20ms, 1},
                                                                     {21ms, 2}, {100ms, 5}, {2s, 100}};
    for (const auto& [silence, frames] : all) {
        call_options options;
        options.hangup_silence = silence;
        session_driver d(options);
        d.receive(id_frame());
        d.act([](session& s) { return s.play(count_up(160), 8000); });
        d.act([](session& s) { return s.hang_up_when_played(); });
        d.run_for(20s);
        EXPECT_EQ(d.fin_at, epoch + 20ms * (1 + static_cast<int>(frames))) << silence.count();
        EXPECT_EQ(d->statistics().silence_frames_sent, 1 + frames) << silence.count();
    }
}

TEST(session, hang_up_when_played_counts_the_silence_that_has_passed) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.play(count_up(160), 8000); });
    d.run_for(60ms); // two frames of silence are out
    d.act([](session& s) { return s.hang_up_when_played(); });
    d.run_for(1s);
    EXPECT_EQ(d.fin_at, epoch + 120ms);

    session_driver late;
    late.receive(id_frame());
    late.act([](session& s) { return s.play(count_up(160), 8000); });
    late.run_for(1s);
    late.act([](session& s) { return s.hang_up_when_played(); });
    EXPECT_EQ(late.fin_at, epoch + 1s);
}

// An echo queues a piece every 20 ms for as long as the peer sends audio. The call ends nevertheless.
TEST(session, audio_that_comes_after_all_was_played_does_not_delay_the_hang_up) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.play(count_up(160), 8000); });
    d.act([](session& s) { return s.hang_up_when_played(); });
    d.act([](session& s) { return s.play(count_up(160), 8000); }); // what is queued before is played
    d.run_for(50ms);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(d->play(count_up(160), 8000), usage_errc::call_ended);
        EXPECT_EQ(d->play(clip({1, 2, 3}, 8000)), usage_errc::call_ended);
        d.run_for(20ms);
    }
    EXPECT_EQ(d.fin_at, epoch + 140ms);
}

TEST(session, hang_up_when_played_with_nothing_queued_hangs_up_at_once) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.hang_up_when_played(); });
    EXPECT_EQ(d.fin_at, epoch);
}

TEST(session, hang_up_when_played_before_the_id_plays_to_the_caller_first) {
    check_script(a_server(),
                 {plays(40, "bye"), does([](session& s) { return s.hang_up_when_played(); }), arrives(id_frame()),
                  passes(200ms), fin()},
                 {"started", "played bye 40", "ended hung up"});
}

TEST(session, hang_up_when_played_waits_while_paused_and_gives_way_to_clear) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.play(count_up(800), 8000); });
    d.act([](session& s) { return s.mark("m"); });
    d.act([](session& s) { return s.pause(); });
    d.act([](session& s) { return s.hang_up_when_played(); });
    d.run_for(10s);
    EXPECT_FALSE(d->sending_done());
    d.act([](session& s) { return s.clear(); });
    EXPECT_TRUE(d->sending_done());
    d.receive_end();
    EXPECT_EQ(d.log, (std::vector<std::string>{"started", "cleared m 0/100", "ended hung up"}));
}

TEST(session, hang_up_when_played_waits_for_the_tail_of_resampled_audio) {
    session_driver d;
    d.receive(id_frame());
    d.act([](session& s) { return s.play(clip(tone(2400, 24'000), 24'000)); }); // 100 ms
    d.act([](session& s) { return s.hang_up_when_played(); });
    d.run_for(1s);
    EXPECT_EQ(d.frames().size(), 11U);
    EXPECT_NE(d.frames()[5].samples()[159], 0);
    EXPECT_EQ(d.fin_at, epoch + 200ms);
}

TEST(session, marks_cleared_before_there_is_a_call_are_reported_before_it_starts) {
    check_script(a_server(),
                 {plays(40, "a"), does([](session& s) { return s.clear(); }), plays(40, "b"), arrives(id_frame()),
                  passes(100ms), fin()},
                 {"cleared a 0/40", "started", "played b 40", "ended peer hung up"});
    check_script(a_server(), {plays(40, "a"), fin()}, {"cleared a 0/40", "ended never started"});
}

TEST(session, a_peer_that_drips_a_message_is_ended_at_the_message_deadline) { // 42
    check_script(a_server(), {arrives(id_frame() + audio + raw({0x10, 0x01})), passes(6s), fin()},
                 {"started", "audio 160@8000", ended(end_reason::timed_out, protocol_errc::message_timeout)});
    session_driver d;
    d.receive(id_frame());
    for (int i = 0; i < 30 && !d->sending_done(); ++i) {
        d.receive({audio[static_cast<std::size_t>(i)]}); // a byte a second
        d.run_for(1s);
    }
    EXPECT_EQ(d.fin_at, epoch + 5s);
}

TEST(session, a_message_deadline_is_that_of_each_message_not_of_the_stream) {
    session_driver d;
    d.receive(id_frame());
    const bytes two = audio + audio;
    // Each piece ends inside a message, and no message takes as long as 5 s.
    for (int i = 0; i < 20; ++i) {
        d.receive(i == 0 ? bytes(audio.begin(), audio.begin() + 100)
                         : bytes(two.begin() + 100, two.begin() + 100 + static_cast<std::ptrdiff_t>(audio.size())));
        d.run_for(4s);
    }
    EXPECT_FALSE(d->sending_done());
    EXPECT_EQ(d->statistics().frames_received, 19U);
    EXPECT_EQ(d->statistics().message_pause_max, 4s);
}

TEST(session, a_peer_that_says_nothing_keeps_its_call) { // 48
    session_driver d;
    d.receive(id_frame() + audio);
    d.run_for(60s);
    d.receive(audio);
    EXPECT_EQ(d.log, (std::vector<std::string>{"started", "audio 320@8000"}));
    EXPECT_EQ(d->statistics().arrival_gap_max, 60s);
}

TEST(session, a_peer_that_does_not_read_is_ended_at_the_send_deadline) { // 45
    session_driver d;
    d.send_time = 1h;
    d.receive(id_frame());
    for (int i = 0; i < 1000; ++i) // the application continues
        d.act([](session& s) { return s.play(count_up(8000), 8000); });
    EXPECT_LE(d->queued(), 600s);
    d.run_for(10s);
    EXPECT_EQ(d.closed_at, epoch + 5s);
    EXPECT_EQ(d.log.back(), ended(end_reason::timed_out, protocol_errc::send_timeout));
    EXPECT_TRUE(d.sent.empty());
}

TEST(session, a_peer_that_does_not_read_cannot_put_off_our_hang_up) {
    session_driver d;
    d.send_time = 1h;
    d.receive(id_frame());
    d.act([](session& s) { return s.hang_up(); });
    d.run_for(10s);
    EXPECT_EQ(d.closed_at, epoch + 1s);
    EXPECT_EQ(d.log.back(), "ended hung up");
}

TEST(session, a_reset_that_follows_our_hang_up_does_not_change_the_reason) {
    check_script(a_server(), {arrives(id_frame()), hangs_up(), reset()}, {"started", "ended hung up"});
}

TEST(session, an_end_while_a_frame_is_in_flight_lets_it_go_first) {
    for (const auto f : {0, 1, 2}) {
        session_driver d;
        d.send_time = 7ms;
        d.receive(id_frame());
        d.act([](session& s) { return s.play(count_up(1600), 8000); });
        d.run_for(42ms); // the frame of 40 ms is under way
        const auto before = d.sent.size();
        if (f == 0) d.act([](session& s) { return s.hang_up(); });
        if (f == 1) d.receive_end();
        if (f == 2) d.receive(frame(kind::hangup));
        EXPECT_FALSE(d->sending_done());
        d.run_for(2s);
        ASSERT_EQ(d.sent.size(), before + 2);
        EXPECT_EQ(d.sent[before].samples(), count_up(160, 161)); // the driver compares it with its first value
        EXPECT_EQ(d.sent[before + 1].data, frame(kind::hangup));
        EXPECT_EQ(d.fin_at, epoch + 40ms + 14ms);
    }
}

TEST(session, a_session_can_be_moved_with_a_message_in_flight) {
    session a(role::server, {}, epoch);
    a.receive(id_frame(), epoch);
    const auto view = a.transmit();
    const bytes copy(view.begin(), view.end());
    session b = std::move(a);
    EXPECT_TRUE(std::ranges::equal(b.transmit(), copy));
    EXPECT_EQ(b.transmit().data(), view.data());
    b.transmitted(epoch);
    EXPECT_EQ(b.statistics().frames_sent, 1U);
}

// --- The calling side ---
