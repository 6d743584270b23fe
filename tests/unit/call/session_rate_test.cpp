// SPDX-License-Identifier: Apache-2.0
// A call whose audio has another rate than its label: its audio from the wire to the events.
#include "support/session_driver.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

session_driver a_call(input_format input = input_format::automatic) {
    call_options options;
    options.input = input;
    session_driver d(options);
    d.receive(id_frame());
    d.log.clear();
    return d;
}

const bytes wide_frame = frame(kind::slin, pcm(count_up(320))); // 20 ms at 16 kHz

} // namespace

TEST(session, audio_of_16_khz_labelled_slin_is_heard_at_16_khz_and_answered_at_8_khz) {
    for (const auto input : {input_format::automatic, input_format::slin16}) {
        auto d = a_call(input);
        for (int i = 0; i < 50; ++i) {
            d.receive(wide_frame);
            d.run_for(20ms);
        }
        EXPECT_EQ(d.heard.size(), 50U * 320U);
        EXPECT_EQ(name(d->receive_format()), "slin16");
        EXPECT_EQ(name(d->send_format()), "slin");
        for (const auto& m : d.frames())
            EXPECT_EQ(m.data.size(), header_bytes + 320U);
    }
}

TEST(session, audio_in_doubt_comes_before_the_digit_and_the_end_that_follow_it) {
    auto d = a_call();
    d.receive(wide_frame + wide_frame);
    EXPECT_TRUE(d.log.empty());
    d.receive(frame(kind::dtmf, raw("5")) + wide_frame);
    d.receive_end();
    EXPECT_EQ(d.log, (std::vector<std::string>{"audio 640@8000", "dtmf 5", "audio 320@8000", "ended peer hung up"}));
}

TEST(session, audio_in_doubt_is_heard_after_a_second_without_more) {
    auto d = a_call();
    d.receive(wide_frame);
    d.run_for(999ms);
    EXPECT_TRUE(d.heard.empty());
    d.run_for(1ms);
    EXPECT_EQ(d.heard, count_up(320));
}

TEST(session, audio_in_doubt_is_not_lost_when_the_connection_ends) {
    for (const bool orderly : {true, false}) {
        auto d = a_call();
        d.receive(wide_frame);
        if (orderly)
            d.receive_end();
        else
            d.fail();
        EXPECT_EQ(d.heard, count_up(320));
    }
}

TEST(session, digit_does_not_keep_the_rate_from_being_found_out) {
    auto d = a_call();
    d.receive(wide_frame + frame(kind::dtmf, raw("5")));
    EXPECT_EQ(d.log, (std::vector<std::string>{"audio 320@8000", "dtmf 5"}));
    EXPECT_EQ(name(d->receive_format()), "slin");
    for (int i = 0; i < 50; ++i) {
        d.run_for(20ms);
        d.receive(wide_frame);
    }
    EXPECT_EQ(name(d->receive_format()), "slin16");
    EXPECT_EQ(d->statistics().kind_changes, 0U); // the peer has changed nothing
    const double heard = static_cast<double>(d.heard.size()) - 320;
    EXPECT_NEAR(heard, 50 * 160, 160); // at the right speed
}

TEST(session, message_of_an_unknown_kind_does_not_keep_the_rate_from_being_found_out) {
    auto d = a_call();
    d.receive(wide_frame + frame(static_cast<kind>(0x42), {}));
    for (int i = 0; i < 20; ++i) {
        d.run_for(20ms);
        d.receive(wide_frame);
    }
    EXPECT_EQ(name(d->receive_format()), "slin16");
}

TEST(session, audio_above_the_highest_rate_is_dropped_and_counted_and_never_learned) {
    call_options options;
    options.rate_max_hz = 16'000;
    session_driver d(options);
    d.receive(id_frame());
    for (int i = 0; i < 10; ++i) {
        d.receive(frame(kind::slin48, pcm(count_up(960))));
        d.run_for(20ms);
    }
    EXPECT_TRUE(d.heard.empty());
    EXPECT_EQ(d->statistics().frames_received, 10U);
    EXPECT_EQ(d->statistics().frames_above_rate, 10U);
    EXPECT_EQ(d->statistics().frames_dropped, 0U);
    EXPECT_EQ(name(d->receive_format()), "slin");
    EXPECT_EQ(name(d->send_format()), "slin");

    d.receive(frame(kind::slin16, pcm(count_up(320)))); // the first audio of the call
    d.run_for(40ms);
    EXPECT_EQ(d.heard, count_up(320));
    EXPECT_EQ(name(d->receive_format()), "slin16");
    EXPECT_EQ(name(d->send_format()), "slin16");
    d.receive(frame(kind::slin192, pcm(count_up(3840))));
    EXPECT_EQ(name(d->receive_format()), "slin16");
    EXPECT_EQ(d->statistics().frames_above_rate, 11U);
    EXPECT_EQ(d->statistics().kind_changes, 0U);
}

TEST(session, rate_that_is_found_out_is_held_against_the_highest_one) {
    call_options options;
    options.rate_max_hz = 8000;
    session_driver d(options);
    d.receive(id_frame());
    for (int i = 0; i < 50; ++i) {
        d.receive(wide_frame);
        d.run_for(20ms);
    }
    EXPECT_TRUE(d.heard.empty());
    EXPECT_EQ(d->statistics().frames_above_rate, 50U);
    EXPECT_EQ(name(d->send_format()), "slin");
}
