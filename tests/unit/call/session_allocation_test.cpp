// SPDX-License-Identifier: Apache-2.0
#include "support/allocations.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// An established call with 20 ms of audio each way, whose application takes each event and plays it back. Returns the
// allocations of 1,000 frames, after as many for warming up. Only the session may allocate here.
std::size_t allocations_of_an_echo(kind k, split how, int play_rate_hz) {
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    const auto samples = static_cast<std::size_t>(rate_hz(k)) / 50;
    const bytes message = frame(k, pcm(tone(samples, rate_hz(k))));
    std::uint64_t echoed = 0;
    std::size_t before = 0;
    time_point now = epoch;
    for (int i = 0; i < 2000; ++i, now += 20ms) {
        if (i == 1000) before = allocations();
        s.advance(now);
        const std::size_t first = how == split::whole ? message.size() : message.size() / 2;
        s.receive(std::span(message).first(first), now);
        s.receive(std::span(message).subspan(first), now);
        while (const auto e = s.next_event())
            if (const auto* audio = std::get_if<audio_event>(&*e)) {
                s.play(audio->samples, play_rate_hz != 0 ? play_rate_hz : audio->rate_hz);
                s.mark("m");
                ++echoed;
            }
        while (!s.transmit().empty())
            s.transmitted(now);
    }
    const std::size_t count = allocations() - before;
    EXPECT_EQ(echoed, 2000U);
    EXPECT_EQ(s.statistics().frames_sent, 2000U);
    return count;
}

} // namespace

TEST(allocation, the_counter_counts) {
    const std::size_t count = allocations();
    const std::size_t live = live_bytes();
    auto memory = std::make_unique<bytes>(1000);
    EXPECT_EQ(allocations(), count + 2);
    EXPECT_GE(live_bytes(), live + 1000);
    memory.reset();
    EXPECT_EQ(live_bytes(), live);
}

TEST(allocation, an_echoing_call_in_steady_state_allocates_nothing) {
    for (const kind k : {kind::slin, kind::slin16, kind::slin44, kind::slin48, kind::slin192})
        for (const split how : {split::whole, split::random})
            EXPECT_EQ(allocations_of_an_echo(k, how, 0), 0U) << name(k) << ", split " << static_cast<int>(how);
}

TEST(allocation, a_call_that_resamples_in_steady_state_allocates_nothing) {
    // Played at half its rate, 16 kHz lasts twice as long and fills the queue. Played twice as fast, it runs dry each
    // frame.
    EXPECT_EQ(allocations_of_an_echo(kind::slin16, split::whole, 32'000), 0U);
}

TEST(allocation, a_silent_call_allocates_nothing) {
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    while (s.next_event()) {
    }
    std::size_t before = 0;
    for (int i = 0; i < 1000; ++i) {
        s.advance(epoch + i * 20ms);
        while (!s.transmit().empty())
            s.transmitted(epoch + i * 20ms);
        if (i == 0) before = allocations();
    }
    EXPECT_EQ(allocations(), before);
}

TEST(allocation, large_bursts_leave_little_memory_behind_in_a_call) {
    // Each slot of the playout queue kept the memory of the longest sound that ever passed it, for the rest of the
    // call.
    const auto minute = count_up(60 * 8000);
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    time_point now = epoch;
    const auto play_out = [&] {
        while (s.queued() > 0ms) {
            now = s.deadline();
            s.advance(now);
            while (!s.transmit().empty())
                s.transmitted(now);
            while (s.next_event()) {
            }
        }
    };
    const std::size_t before = live_bytes();
    for (int i = 0; i < 9; ++i) {
        s.play(minute, 8000); // 960 kB
        s.mark("m");
    }
    play_out();
    EXPECT_LT(live_bytes(), before + 64 * 1024);
    for (int i = 0; i < 20'000; ++i)
        s.play(std::span(minute).first(i % 2 == 0 ? 160 : 240), i % 2 == 0 ? 8000 : 12'000); // 20,000 entries
    play_out();
    EXPECT_LT(live_bytes(), before + 512 * 1024); // half of it is the converter from 12 kHz
}

TEST(allocation, long_messages_leave_little_memory_behind_in_a_call) {
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    const bytes small = frame(kind::slin192, pcm(count_up(1))) + frame(kind::dtmf, raw("1"));
    const bytes large = frame(kind::slin, bytes(65'534)); // 4 s; at the call's rate 1.5 MB
    const std::size_t before = live_bytes();
    for (int i = 0; i < 100; ++i)
        s.receive(small, epoch);
    for (int i = 0; i < 5; ++i) {
        s.receive(large, epoch);
        while (s.next_event()) {
        }
    }
    EXPECT_LT(live_bytes(), before + 4 * 1024 * 1024); // decoder, decoded, converted, and one entry
}

TEST(allocation, a_peer_that_alternates_kinds_costs_one_converter_a_kind) {
    // Each change built a new filter: milliseconds of work for a message of five bytes.
    session s(role::server, {}, epoch);
    s.receive(id_frame(), epoch);
    auto now = epoch;
    const auto alternate = [&] {
        for (int i = 0; i < 900; ++i, now += 100ms) { // as fast as allowed
            s.receive(frame(0x10 + i % 9, pcm(count_up(1))), now);
            while (s.next_event()) {
            }
        }
    };
    alternate();
    const std::size_t before = allocations();
    alternate();
    EXPECT_LT(allocations() - before, 900U * 8); // of the test itself: frame() and pcm()
    EXPECT_EQ(s.statistics().kind_changes, 1799U);
}
