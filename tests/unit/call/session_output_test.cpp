// SPDX-License-Identifier: Apache-2.0
// The conformance cases 35 to 40 and 51 (`audiosocket check --list`): what a session sends, and when.

#include "support/session_script.hpp"

#include <audiosocket/call/detail/engine_hooks.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

using words = std::vector<std::string>;

const std::vector<std::int16_t> silence(160);

void play(session_driver& d, std::span<const std::int16_t> samples, int rate_hz = 8000) {
    EXPECT_FALSE(d.act([&](session& s) { return s.play(samples, rate_hz); }));
}
void mark(session_driver& d, const std::string& name) {
    EXPECT_FALSE(d.act([&](session& s) { return s.mark(name); }));
}

struct monitor_log : call_monitor {
    void received(std::span<const std::int16_t> samples, int, time_point) override {
        in.insert(in.end(), samples.begin(), samples.end());
    }
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override {
        out.insert(out.end(), samples.begin(), samples.end());
        rates_hz.push_back(rate_hz);
        due.push_back(at);
    }
    std::vector<std::int16_t> in;
    std::vector<std::int16_t> out;
    std::vector<int> rates_hz;
    std::vector<time_point> due;
};

} // namespace

TEST(session, the_first_frame_goes_out_with_the_id_and_nothing_before_it) { // 36
    session_driver d;
    d.run_for(3s);
    EXPECT_TRUE(d.sent.empty());
    d.receive(id_frame());
    ASSERT_EQ(d.sent.size(), 1U);
    EXPECT_EQ(d.sent[0].at, epoch + 3s);
    EXPECT_EQ(d.sent[0].data, frame(kind::slin, bytes(320)));
}

TEST(session, an_hour_is_180000_frames_each_on_its_time) { // 37, 38
    session_driver d;
    d.receive(id_frame());
    d.run_for(1h);
    ASSERT_EQ(d.sent.size(), 180'001U);
    for (std::size_t n = 0; n < d.sent.size(); ++n)
        ASSERT_EQ(d.sent[n].at, epoch + n * 20ms);
}

TEST(session, frames_keep_their_times_at_every_ptime_and_rate) {
    for (const auto ptime : {10ms, 20ms, 30ms, 40ms, 60ms})
        for (const int rate : slin_rates_hz) {
            call_options options;
            options.ptime = ptime;
            options.send_format = media_format{*slin_kind(rate), encoding::slin};
            session_driver d(options);
            d.receive(id_frame());
            d.run_for(1200ms - 1ns);
            ASSERT_EQ(d.sent.size(), static_cast<std::size_t>(1200ms / ptime));
            EXPECT_EQ(d.sent_samples().size(), static_cast<std::size_t>(rate) * 12 / 10);
            EXPECT_EQ(d.sent.back().at, epoch + 1200ms - ptime);
        }
}

TEST(session, a_driver_that_is_always_late_loses_no_frame_and_does_not_drift) {
    session_driver d;
    d.receive(id_frame());
    for (int i = 0; i < 3000; ++i) { // a minute, driven at odd times only
        d.stall_for(d->deadline() - d.now + std::chrono::microseconds(100 + i * 1000 % 19'000));
        d->advance(d.now);
        d.pump();
    }
    EXPECT_EQ(d.frames().size(), 3001U);
    EXPECT_EQ(d->statistics().skipped_frames, 0U);
    EXPECT_EQ(d->statistics().lateness_max, 18'100us);
}

TEST(session, after_a_stall_at_most_catch_up_frames_go_out_back_to_back) { // 40
    for (const int catch_up : {1, 3}) {
        call_options options;
        options.catch_up_frames = catch_up;
        session_driver d(options);
        d.receive(id_frame());
        play(d, count_up(8000));
        d.run_for(90ms); // frames of 0 to 80 ms
        const auto before = d.sent.size();
        d.stall_for(500ms);
        d->advance(d.now);
        d.pump();
        EXPECT_EQ(d.sent.size(), before + static_cast<std::size_t>(catch_up));
        EXPECT_EQ(d->statistics().skipped_frames, 25U - static_cast<std::uint64_t>(catch_up));
        EXPECT_EQ(d->deadline(), epoch + 600ms);
        d.run_for(1s);
        const auto samples = d.sent_samples();
        EXPECT_TRUE(std::ranges::equal(std::span(samples).subspan(160, 8000), count_up(8000))) << "delayed, not lost";
    }
}

TEST(session, a_program_that_stalls_leaves_silence_and_not_a_gap) { // 40
    session_driver d;
    d.receive(id_frame());
    play(d, count_up(800));
    d.run_for(600ms);
    play(d, count_up(800));
    d.run_for(200ms);
    for (std::size_t n = 1; n < d.sent.size(); ++n)
        EXPECT_LE(d.sent[n].at - d.sent[n - 1].at, 35ms) << "it waited for audio that might be late";
    EXPECT_EQ(d.sent.size(), 41U);
    EXPECT_EQ(d->statistics().underruns, 2U);
}

// The audio of a bridge or an echo comes just in time. Without this rule it would get a hole and stay a frame late.
TEST(session, audio_that_is_a_little_late_goes_out_late_and_without_a_hole) {
    session_driver d;
    d.receive(id_frame());
    const auto audio = count_up(1600);
    play(d, std::span(audio).first(160));
    d.run_for(21ms); // the first frame was silence: the id alone starts the clock
    for (std::size_t n = 1; n < 10; ++n) {
        d.run_for(22ms - (n > 1 ? 2ms : 0ms)); // 3 ms after each frame time
        play(d, std::span(audio).subspan(n * 160, 160));
        d.pump();
    }
    d.run_for(100ms);
    const auto samples = d.sent_samples();
    EXPECT_NE(std::search(samples.begin(), samples.end(), audio.begin(), audio.end()), samples.end());
    EXPECT_EQ(d->statistics().late_frames, 0U);
    EXPECT_EQ(d->statistics().underruns, 1U) << "its end";
}

TEST(session, frames_move_to_another_time_by_a_millisecond_each) {
    for (const auto by : {7ms, -7ms, 0ms}) {
        session_driver d;
        d.receive(id_frame());
        d.run_for(100ms);
        audiosocket::detail::engine_hooks::shift_frames(*d, by);
        d.run_for(400ms);
        std::chrono::nanoseconds moved{};
        for (std::size_t n = 1; n < d.sent.size(); ++n) {
            const auto step = d.sent[n].at - d.sent[n - 1].at - 20ms;
            EXPECT_LE(std::chrono::abs(step), 1ms);
            moved += step;
        }
        EXPECT_EQ(moved, by);
        EXPECT_EQ(audiosocket::detail::engine_hooks::frame_time(*d), d.sent.back().at + 20ms);
    }
}

TEST(session, a_network_that_takes_its_time_over_each_message_gets_each_on_its_time) {
    session_driver d;
    d.send_time = 19ms;
    d.receive(id_frame());
    d.run_for(10s);
    EXPECT_EQ(d.frames().size(), 500U);
    EXPECT_EQ(d->statistics().skipped_frames, 0U);
    EXPECT_EQ(d->statistics().late_frames, 500U);
}

TEST(session, a_network_slower_than_the_frames_is_given_fewer_of_them) {
    session_driver d;
    d.send_time = 25ms;
    d.receive(id_frame());
    d.run_for(60s);
    EXPECT_EQ(d.frames().size(), 2400U);
    EXPECT_NEAR(static_cast<double>(d->statistics().skipped_frames), 600, 5);
}

TEST(session, a_peer_that_reads_too_slowly_to_get_half_of_the_frames_is_ended) {
    session_driver d;
    d.send_time = 1615ms; // 200 bytes a second
    d.receive(id_frame());
    d.run_for(7s);
    ASSERT_FALSE(d.log.empty());
    EXPECT_EQ(d.log.back(), ended(end_reason::timed_out, protocol_errc::send_timeout));
}

TEST(session, time_that_goes_back_a_little_sends_nothing_twice_and_does_not_stop_the_frames) {
    session_driver d;
    d.receive(id_frame());
    std::mt19937 random{9};
    for (int i = 0; i < 1000; ++i) {
        d.run_for(std::chrono::milliseconds(10 + random() % 20));
        d.now -= std::chrono::milliseconds(random() % 10);
        d.receive(frame(kind::slin, pcm(count_up(160))));
    }
    const auto length = d.now - epoch;
    EXPECT_NEAR(static_cast<double>(d.frames().size()), static_cast<double>(length / 20ms), 2);
    EXPECT_EQ(d->statistics().skipped_frames, 0U);
}

TEST(session, what_is_played_is_sent_bit_exact_and_reported_when_it_has_gone) {
    check_script(a_server(),
                 {arrives(id_frame()), does([](session& s) { return s.play(count_up(1000), 8000); }),
                  does([](session& s) { return s.mark("first"); }),
                  does([](session& s) { return s.play(clip(count_up(1400, 1001), 8000)); }),
                  does([](session& s) { return s.mark("second"); }), passes(1s), fin()},
                 {"started", "played first 125", "played second 175", ended(end_reason::peer_hung_up)});
    session_driver d;
    d.receive(id_frame());
    play(d, count_up(1000));
    mark(d, "m");
    d.run_for(20ms * 7 - 1ns);
    EXPECT_EQ(d.log, words{"started"});
    d.run_for(1ns);
    EXPECT_EQ(d.log, (words{"started", "played m 125"}));
    const auto samples = d.sent_samples();
    EXPECT_TRUE(std::ranges::equal(std::span(samples).subspan(160, 1000), count_up(1000)));
    EXPECT_EQ(std::ranges::count_if(samples, [](auto s) { return s != 0; }), 1000);
}

TEST(session, a_mark_is_reported_only_when_its_frame_has_left) {
    session_driver d;
    d.send_time = 15ms;
    d.receive(id_frame());
    play(d, count_up(160));
    mark(d, "m");
    d.run_for(20ms + 14ms);
    EXPECT_EQ(d.log, words{"started"});
    d.run_for(1ms);
    EXPECT_EQ(d.log, (words{"started", "played m 20"}));
}

TEST(session, a_mark_on_an_empty_queue_is_reported_with_the_next_frame) {
    session_driver d;
    d.receive(id_frame());
    mark(d, "m");
    EXPECT_EQ(d.log, words{"started"});
    d.run_for(20ms);
    EXPECT_EQ(d.log, (words{"started", "played m 0"}));
}

TEST(session, clear_stops_what_is_played_within_one_frame) { // 51
    check_script(a_server(),
                 {arrives(id_frame()), does([](session& s) { return s.play(count_up(8000), 8000); }),
                  does([](session& s) { return s.mark("m"); }), passes(210ms),
                  does([](session& s) { return s.clear(); }), passes(1s), fin()},
                 {"started", "cleared m 200/800", ended(end_reason::peer_hung_up)});
    session_driver d;
    d.receive(id_frame());
    play(d, count_up(8000));
    d.run_for(210ms);
    d.act([](session& s) { return s.clear(); });
    d.run_for(1s);
    const auto samples = d.sent_samples();
    EXPECT_EQ(std::ranges::count_if(samples, [](auto s) { return s != 0; }), 1600);
    EXPECT_EQ(d->queued(), 0ms);
    EXPECT_EQ(d->statistics().underruns, 0U);
}

TEST(session, a_clear_while_a_frame_is_in_flight_lets_it_go_and_tells_in_order) {
    session_driver d;
    d.send_time = 10ms;
    d.receive(id_frame());
    d.run_for(15ms);
    play(d, count_up(160));
    mark(d, "in flight");
    play(d, count_up(160, 161));
    mark(d, "behind");
    d.run_for(10ms); // the frame of 20 ms is under way
    d.act([](session& s) { return s.clear(); });
    EXPECT_EQ(d.log, (words{"started", "played in flight 20", "cleared behind 0/20"}));
    d.run_for(100ms);
    EXPECT_EQ(d.sent.at(1).samples(), count_up(160));
    EXPECT_EQ(d.sent.at(2).samples(), silence);
    EXPECT_EQ(d.log.size(), 3U);
}

TEST(session, a_new_format_while_a_frame_is_in_flight_waits_for_the_next) {
    session_driver d;
    d.send_time = 10ms;
    d.receive(id_frame());
    d.receive(frame(kind::slin192, pcm(count_up(3840)))); // would move the frame's memory
    EXPECT_EQ(d->send_format().kind, kind::slin);
    d.run_for(25ms);
    EXPECT_EQ(d->send_format().kind, kind::slin192);
    d.run_for(20ms);
    ASSERT_EQ(d.sent.size(), 2U);
    EXPECT_EQ(d.sent[0].data, frame(kind::slin, bytes(320)));
    EXPECT_EQ(d.sent[1].data, frame(kind::slin192, bytes(7680)));
}

TEST(session, a_server_speaks_the_kind_of_the_first_audio_from_then_on) {
    for (const int rate : slin_rates_hz) {
        session_driver d;
        d.receive(id_frame());
        d.receive(frame(*slin_kind(rate), pcm(count_up(static_cast<std::size_t>(rate / 50)))));
        d.receive(frame(kind::slin24, pcm(count_up(480)))); // a caller that changes kinds is not followed
        d.run_for(100ms);
        ASSERT_EQ(d.sent.size(), 6U);
        EXPECT_EQ(d.sent[0].what(), kind::slin);
        for (std::size_t n = 1; n < d.sent.size(); ++n) {
            EXPECT_EQ(d.sent[n].what(), slin_kind(rate));
            EXPECT_EQ(d.sent[n].data.size(), 3 + static_cast<std::size_t>(rate) / 25);
        }
    }
}

TEST(session, empty_audio_does_not_tell_the_kind) {
    session_driver d;
    d.receive(id_frame() + frame(kind::slin48) + frame(kind::slin16, pcm(count_up(320))));
    d.run_for(20ms);
    EXPECT_EQ(d->send_format().kind, kind::slin16);
}

TEST(session, a_format_that_was_asked_for_stays) {
    call_options options;
    options.send_format = media_format{kind::slin48, encoding::slin};
    session_driver d(options);
    d.receive(id_frame() + frame(kind::slin, pcm(count_up(160))));
    d.run_for(100ms);
    for (const auto& m : d.sent)
        EXPECT_EQ(m.what(), kind::slin48);
}

TEST(session, a_caller_sends_the_configured_rate_and_does_not_follow) {
    call_options options;
    options.send_format = media_format{kind::slin, encoding::ulaw};
    session_driver d(session(sample_id, options, epoch));
    d.receive(frame(kind::slin16, pcm(count_up(320))));
    play(d, tone(1600, 8000));
    d.run_for(100ms);
    for (const auto& m : d.frames())
        EXPECT_EQ(m.data.size(), 163U);
    EXPECT_EQ(d->statistics().bytes_sent, 19U + 6 * 163U);
}

TEST(session, audio_played_before_the_kind_is_known_plays_at_the_right_speed_after) {
    session_driver d;
    play(d, tone(8000, 8000)); // before there is a call, even
    mark(d, "m");
    d.receive(id_frame());
    d.run_for(200ms);
    d.receive(frame(kind::slin16, pcm(count_up(320))));
    d.run_for(1s);
    EXPECT_EQ(d.log, (words{"started", "audio 320@16000", "played m 1000"}));
    std::size_t full = 0;
    for (const auto& m : d.frames())
        full += std::ranges::count(m.samples(), 0) < std::ssize(m.samples()) / 2 ? 1U : 0U;
    EXPECT_EQ(full, 50U);
}

TEST(session, play_refuses_rates_that_no_converter_takes) {
    // A clip of such a rate was queued, and the session threw when its frame was due.
    session_driver d;
    d.receive(id_frame());
    for (const int bad : {3999, 768'001, 0, -8000})
        EXPECT_EQ(d->play(count_up(160), bad), usage_errc::unsupported_rate);
    for (const int bad : {1, 3999, 768'001})
        EXPECT_EQ(d->play(clip(count_up(160), bad)), usage_errc::unsupported_rate);
    for (const int good : {4000, 768'000})
        EXPECT_FALSE(d->play(clip(count_up(160), good)));
    d.run_for(1s);
}

TEST(session, play_beyond_the_bound_is_refused_and_queues_nothing) {
    call_options options;
    options.playout_queue = 100ms;
    session_driver d(options);
    d.receive(id_frame());
    play(d, count_up(800));
    EXPECT_EQ(d->play(count_up(1), 8000), usage_errc::playout_full);
    EXPECT_EQ(d->queued(), 100ms);
    d.run_for(20ms);
    EXPECT_FALSE(d->play(count_up(160), 8000));
    EXPECT_EQ(d->play(count_up(1), 8000), usage_errc::playout_full);
}

TEST(session, a_clip_may_exceed_the_bound_by_its_own_length_and_no_more) {
    call_options options;
    options.playout_queue = 100ms;
    session_driver d(options);
    d.receive(id_frame());
    EXPECT_FALSE(d->play(clip(count_up(8000), 8000)));
    EXPECT_EQ(d->play(clip(count_up(8000), 8000)), usage_errc::playout_full);
}

TEST(session, entries_of_the_playout_queue_are_bounded_however_short_they_are) {
    session_driver d;
    d.receive(id_frame());
    const clip tiny(count_up(1), 768'000);
    int taken = 0;
    while (!d->play(tiny) && taken < 1'000'000)
        ++taken;
    EXPECT_EQ(taken, 65'536);
}

TEST(session, paused_it_sends_silence_and_resumes_where_it_was) {
    check_script(a_server(),
                 {arrives(id_frame()), does([](session& s) { return s.play(count_up(800), 8000); }),
                  does([](session& s) { return s.mark("m"); }), passes(50ms),
                  does([](session& s) { return s.pause(); }), passes(1s), does([](session& s) { return s.resume(); }),
                  passes(100ms), fin()},
                 {"started", "played m 100", ended(end_reason::peer_hung_up)});
    session_driver d;
    d.receive(id_frame());
    play(d, count_up(800));
    d.run_for(50ms);
    d->pause();
    d.run_for(1s);
    EXPECT_EQ(d->queued(), 60ms);
    d->resume();
    d.run_for(100ms);
    EXPECT_EQ(d.frames().size(), 1U + 57U);
    std::vector<std::int16_t> heard;
    std::ranges::copy_if(d.sent_samples(), std::back_inserter(heard), [](auto s) { return s != 0; });
    EXPECT_EQ(heard, count_up(800));
}

TEST(session, speech_streamed_at_24_khz_just_in_time_has_no_hole) {
    session_driver d;
    d.receive(id_frame());
    const auto samples = tone(48'000, 24'000);
    for (std::size_t i = 0; i < 100; ++i) {
        d.run_until(epoch + i * 20ms + 15ms);
        play(d, std::span(samples).subspan(i * 480, 480), 24'000);
    }
    mark(d, "end");
    d.run_for(100ms);
    EXPECT_EQ(d->statistics().underruns, 0U);
    const auto out = d.sent_samples();
    const auto first = std::ranges::find_if(out, [](auto s) { return s != 0; });
    int zeros = 0;
    for (auto s = first; s < first + 15'900; ++s) {
        zeros = *s == 0 ? zeros + 1 : 0;
        ASSERT_LT(zeros, 8) << "a hole after " << (s - first) / 8 << " ms";
    }
    EXPECT_EQ(d.log.back(), "played end 2000");
}

TEST(session, the_monitor_hears_both_sides_with_the_times_of_the_frames) {
    monitor_log monitor;
    session_driver d;
    d->set_monitor(&monitor);
    d.receive(id_frame());
    play(d, count_up(320));
    d.receive(frame(kind::slin, pcm(tone(160, 8000))));
    d.run_for(50ms);
    EXPECT_EQ(monitor.in, tone(160, 8000));
    EXPECT_EQ(monitor.out, d.sent_samples());
    EXPECT_EQ(monitor.due, (std::vector{epoch, epoch + 20ms, epoch + 40ms}));
    d->set_monitor(nullptr);
    d.run_for(50ms);
    EXPECT_EQ(monitor.due.size(), 3U);
}

TEST(session, statistics_add_up) {
    session_driver d;
    d.receive(id_frame());
    play(d, count_up(480));
    mark(d, "m");
    d.receive(frame(kind::slin, pcm(tone(160, 8000))) + frame(kind::dtmf, raw("1")));
    d.run_for(990ms);
    d.act([](session& s) { return s.hang_up(); });
    const auto& s = d->statistics();
    EXPECT_EQ(s.frames_sent, 50U);
    EXPECT_EQ(s.silence_frames_sent, 47U);
    EXPECT_EQ(s.bytes_sent, 50U * 323 + 3);
    EXPECT_EQ(s.bytes_received, 19U + 323 + 4);
    EXPECT_EQ(s.frames_received, 1U);
    EXPECT_EQ(s.samples_received, 160U);
    EXPECT_EQ(s.digits_received, 1U);
    EXPECT_EQ(s.underruns, 0U);
    EXPECT_EQ(s.late_frames, 0U);
    EXPECT_EQ(s.lateness_max, 0us);
}

TEST(session, a_frame_that_never_left_is_not_counted) {
    session_driver d;
    d.send_time = 1h;
    d.receive(id_frame());
    d.run_for(6s);
    EXPECT_EQ(d->statistics().frames_sent, 0U);
    EXPECT_EQ(d->statistics().silence_frames_sent, 0U);
    EXPECT_EQ(d->statistics().bytes_sent, 0U);
}
