// SPDX-License-Identifier: Apache-2.0
// The memory of a session: its own and all that it owns. A server with ten thousand connections pays it ten thousand
// times.

#include "support/allocations.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

constexpr std::size_t kib = 1024;

// A session whose memory is known, the heap and the handle. Its application echoes, unless the test takes the events.
struct measured_session {
    explicit measured_session(const call_options& options = {}) : s(role::server, options, epoch) {}

    std::size_t holds() const { return live_bytes() - before + sizeof(session); }

    void receive(const bytes& stream) { s.receive(stream, now); }

    void take_events(bool echo) {
        while (const auto e = s.next_event())
            if (const auto* audio = std::get_if<audio_event>(&*e); audio && echo)
                s.play(audio->samples, audio->rate_hz);
    }

    void send_due() {
        s.advance(now);
        while (!s.transmit().empty())
            s.transmitted(now);
    }

    void play_out() {
        while (s.queued() > 0ms) {
            now = s.deadline();
            send_due();
        }
        take_events(false);
    }

    std::size_t before = live_bytes();
    time_point now = epoch;
    session s;
};

// Sound that the detector recognises as slin, so that it stops looking.
bytes speech_frame() {
    std::vector<std::int16_t> samples(160);
    std::mt19937 random(1);
    int level = 0;
    for (auto& sample : samples) {
        level = level * 7 / 8 + static_cast<int>(random() % 1200) - 600;
        sample = static_cast<std::int16_t>(level);
    }
    return frame(kind::slin, pcm(samples));
}

std::size_t holds_after_echo(const bytes& audio, split how) {
    measured_session call;
    call.receive(id_frame());
    for (int i = 0; i < 1000; ++i, call.now += 20ms) {
        call.send_due();
        const auto bytes_first = static_cast<std::ptrdiff_t>(how == split::whole ? audio.size() : 100);
        call.receive({audio.begin(), audio.begin() + bytes_first});
        call.receive({audio.begin() + bytes_first, audio.end()});
        call.take_events(true);
        call.send_due();
    }
    EXPECT_EQ(call.s.statistics().frames_sent, 1000U);
    EXPECT_LE(call.s.statistics().underruns, 1U);
    return call.holds();
}

} // namespace

TEST(session_memory, before_its_id_it_holds_1_kib_at_most) {
    measured_session silent;
    EXPECT_LE(silent.holds(), 1 * kib);

    const bytes id = id_frame();
    measured_session dripping;
    for (std::size_t i = 0; i + 1 < id.size(); ++i)
        dripping.receive({id[i]});
    EXPECT_LE(dripping.holds(), 1 * kib);
}

TEST(session_memory, a_call_without_any_sound_yet_holds_2_kib_at_most) {
    measured_session call;
    call.receive(id_frame());
    call.take_events(false);
    call.send_due();
    EXPECT_LE(call.holds(), 2 * kib);
}

TEST(session_memory, an_echoing_call_holds_4_kib_at_most) {
    for (const split how : {split::whole, split::random}) {
        EXPECT_LE(holds_after_echo(frame(kind::slin, pcm(tone(160, 8000))), how), 4 * kib);
        EXPECT_LE(holds_after_echo(frame(kind::slin, bytes(320)), how), 4 * kib);
        EXPECT_LE(holds_after_echo(speech_frame(), how), 4 * kib);
    }
}

TEST(session_memory, a_call_that_plays_a_shared_clip_holds_4_kib_at_most) {
    const clip music(tone(8000, 8000), 8000);
    const bytes audio = frame(kind::slin, pcm(tone(160, 8000)));
    measured_session call;
    call.receive(id_frame());
    for (int i = 0; i < 1000; ++i, call.now += 20ms) {
        if (call.s.queued() < 20ms) call.s.play(music);
        call.receive(audio);
        call.take_events(false);
        call.send_due();
    }
    EXPECT_LE(call.holds(), 4 * kib);
}

TEST(session_memory, a_call_that_has_ended_holds_no_more_than_before) {
    measured_session call;
    call.receive(id_frame());
    call.receive(frame(kind::slin, bytes(65'534)));
    call.s.hang_up();
    call.take_events(false);
    EXPECT_LE(call.holds(), 4 * kib);
}

TEST(session_memory, a_burst_of_what_is_played_is_given_back) {
    const auto second = tone(24'000, 24'000);
    measured_session call;
    call.receive(id_frame());
    const std::size_t idle = call.holds();
    for (int i = 0; i < 60; ++i) {
        call.s.play(second, 24'000);
        call.s.mark("sentence");
    }
    call.play_out();
    EXPECT_LE(call.holds(), idle + 4 * kib);

    for (int i = 0; i < 1000; ++i)
        call.s.mark("m"); // all are reached in one frame
    call.s.play(second, 24'000);
    call.play_out();
    EXPECT_LE(call.holds(), idle + 4 * kib);
}

TEST(session_memory, a_backlog_of_what_was_heard_is_given_back) {
    for (const kind k : {kind::slin, kind::slin192}) {
        measured_session call;
        call.receive(id_frame());
        call.receive(frame(k, pcm(tone(160, 8000))));
        call.take_events(false);
        const std::size_t idle = call.holds();
        const auto samples = static_cast<std::size_t>(rate_hz(k)) * 60 / 1000;
        for (int i = 0; i < 1000; ++i) {
            call.receive(frame(k, pcm(tone(samples, rate_hz(k)))));
            call.receive(frame(kind::dtmf, raw("1")));
        }
        call.take_events(false);
        EXPECT_LE(call.holds(), idle + samples * 2 * 2 + 4 * kib) << name(k); // decoded, and one entry
    }
}

TEST(session_memory, a_long_message_is_given_back) {
    measured_session call;
    call.receive(id_frame());
    for (const kind k : {kind::slin, kind::slin16, kind::slin}) {
        const bytes large = frame(k, bytes(65'534));
        call.receive({large.begin(), large.begin() + 1000});
        call.receive({large.begin() + 1000, large.end()});
        call.take_events(false);
    }
    call.receive(frame(kind::slin, pcm(tone(160, 8000))));
    call.take_events(false);
    EXPECT_LE(call.holds(), 12 * kib); // the converter's filter does not count
}

TEST(session_memory, a_queue_that_was_long_does_not_fill_slot_by_slot) {
    // An entry's slot kept 60 ms of audio at 192 kHz for its next entry, and 2,048 slots took turns: 47 MB.
    measured_session call;
    call.receive(id_frame());
    const bytes tiny = frame(kind::slin192, pcm(count_up(1))) + frame(kind::dtmf, raw("1"));
    for (int i = 0; i < 2000; ++i)
        call.receive(tiny);
    for (int i = 0; i < 1180; ++i) // all but a few, so that the queue continues
        call.s.next_event();
    const bytes large = frame(kind::slin192, pcm(count_up(11'520)));
    for (int i = 0; i < 3000; ++i)
        call.receive(large);
    EXPECT_LE(call.holds(), 2 * 1024 * kib); // 2 s are 768 kB
}
