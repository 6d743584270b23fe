// SPDX-License-Identifier: Apache-2.0
// Long calls, to the last bit.

#include "support/simulated_call.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

call_options slin_input() {
    call_options options;
    options.input = input_format::slin;
    return options;
}

simulated_call on_a_good_network() {
    network net;
    net.delay_min = 1ms;
    net.delay_max = 3ms;
    return {session(role::server, slin_input(), epoch), session(sample_id, slin_input(), epoch), net, 1};
}

// Returns the next numbered sample.
std::int16_t after(std::int16_t number) {
    return numbered_samples::at(numbered_samples::position_of(number) + 1);
}

} // namespace

TEST(simulation, ten_minutes_of_numbered_samples_arrive_bit_exact_at_50_frames_a_second) {
    auto call = on_a_good_network();
    constexpr std::size_t samples = 600 * 8000;
    call.act(call.server, [](session& s) {
        EXPECT_FALSE(s.play(count_up(samples), 8000)); // at once: the longest sound that the queue accepts
        EXPECT_FALSE(s.mark("end"));
    });
    call.run_until(epoch + 601s);
    simulated_time().add(601s);

    // The id took a few milliseconds to arrive. From then on, frame n is sent n x 20 ms later.
    const auto begun = call.server.sent.at(0).at;
    EXPECT_LE(begun, epoch + 3ms);
    ASSERT_GE(call.server.sent.size(), 30'000U);
    for (std::size_t n = 0; n < call.server.sent.size(); ++n)
        ASSERT_EQ(call.server.sent[n].at, begun + n * 20ms);

    ASSERT_GE(call.caller.heard.size(), samples);
    const auto expected = count_up(samples);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), call.caller.heard.begin()));
    const auto& last = call.server.events.back();
    EXPECT_EQ(describe(last), "played end 600000");
    EXPECT_EQ(call.server.s.statistics().underruns, 0U);
}

TEST(simulation, an_hour_of_echo_is_bit_exact) { // case 52
    auto call = on_a_good_network();
    call.server.keep_sent = call.caller.keep_sent = false;
    call.server.on_audio = [](endpoint& e, const audio_event& audio) {
        EXPECT_FALSE(e.s.play(audio.samples, audio.rate_hz));
    };
    // The audio returns as it was sent, with silence only before it.
    std::int16_t last = 0;
    std::uint64_t back = 0;
    std::uint64_t wrong = 0;
    call.caller.on_audio = [&](endpoint&, const audio_event& audio) {
        for (const auto s : audio.samples) {
            if (s == 0 && last == 0) continue;
            wrong += s == (last == 0 ? 1 : after(last)) ? 0U : 1U;
            last = s;
            ++back;
        }
    };
    int next = 1;
    for (int minute = 0; minute < 60; ++minute) {
        call.act(call.caller, [&](session& s) {
            EXPECT_FALSE(s.play(count_up(60 * 8000, next), 8000));
            next = numbered_samples::at(static_cast<std::uint64_t>(next - 1) + 60 * 8000);
        });
        call.run_until(epoch + (minute + 1) * 60s - 1s); // the next minute is queued before this one ends
    }
    call.run_until(epoch + 3599s);
    simulated_time().add(3599s);
    EXPECT_EQ(wrong, 0U);
    EXPECT_NEAR(static_cast<double>(back), 3599.0 * 8000, 8000.0 / 5);
    EXPECT_EQ(call.caller.s.statistics().underruns, 0U);
    EXPECT_EQ(call.server.s.statistics().frames_dropped, 0U);
    EXPECT_EQ(call.server.s.statistics().frames_sent, 3599U * 50);
}

TEST(simulation, a_day_of_churn_ends_every_call_in_order) { // case 53
    std::uint64_t calls = 0;
    std::uint64_t frames = 0;
    for (time_point day = epoch; day < epoch + 24h; day += 30s, ++calls) {
        simulated_call call(session(role::server, {}, epoch), session(sample_id, {}, epoch), {}, 1);
        call.server.keep_sent = call.caller.keep_sent = false;
        call.act(call.server, [](session& s) { s.play(clip(count_up(8000), 8000)); });
        call.run_until(epoch + 2s);
        endpoint& ends = calls % 2 == 0 ? call.server : call.caller;
        call.act(ends, [](session& s) { s.hang_up(); });
        call.run_until(epoch + 5s);
        ASSERT_TRUE(call.over());
        ASSERT_EQ(ends.end.reason, end_reason::hung_up);
        ASSERT_EQ((&ends == &call.server ? call.caller : call.server).end.reason, end_reason::peer_hung_up);
        frames += call.server.s.statistics().frames_sent;
    }
    simulated_time().add(calls, calls * 5s);
    EXPECT_EQ(calls, 2880U);
    EXPECT_EQ(frames, calls * 101);
}
