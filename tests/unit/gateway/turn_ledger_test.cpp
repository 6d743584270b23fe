// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/turn_ledger.hpp>

#include <audiosocket/audio/tone.hpp>

#include <gtest/gtest.h>

#include <vector>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace std::chrono_literals;

namespace {

class turn_ledger_test : public ::testing::Test {
  protected:
    // The caller's line, 20 ms at a time.
    void caller(std::chrono::milliseconds length, double dbfs) {
        tone sound(440, 8000, dbfs);
        for (; length > 0ms; length -= 20ms) {
            std::vector<std::int16_t> frame(160);
            if (dbfs > -90) sound.fill(frame);
            ledger.received(frame, 8000, now);
            now += 20ms;
        }
    }
    void speak(std::chrono::milliseconds length) { caller(length, -20); }
    void be_silent(std::chrono::milliseconds length) { caller(length, -70); }
    void send(std::int16_t value) { ledger.sent(std::vector<std::int16_t>(160, value), 8000, now); }

    time_point now{1h};
    turn_ledger ledger;
};

} // namespace

TEST_F(turn_ledger_test, answer_after_speech_is_a_turn_with_its_parts) {
    be_silent(200ms);
    speak(1s);
    const auto silent = now;
    be_silent(300ms);
    ledger.answered(now);
    const auto answered = now;
    send(0);
    now += 40ms;
    EXPECT_FALSE(ledger.take_turn());
    send(100);
    const auto turn = ledger.take_turn();
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->caller_silent, silent);
    EXPECT_EQ(turn->answered, answered);
    EXPECT_EQ(turn->back_end_time(), 300ms);
    EXPECT_EQ(turn->queue_time(), 40ms);
    EXPECT_EQ(turn->total_time(), 340ms);
    EXPECT_FALSE(ledger.take_turn());
}

TEST_F(turn_ledger_test, round_trip_is_the_part_of_the_network) {
    be_silent(100ms);
    speak(400ms);
    be_silent(300ms);
    ledger.answered(now, 80ms);
    now += 20ms;
    send(1);
    const auto turn = ledger.take_turn();
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->network_time(), 80ms);
    EXPECT_EQ(turn->back_end_time(), 220ms);
    EXPECT_EQ(turn->queue_time(), 20ms);
    EXPECT_EQ(turn->total_time(), 320ms);
}

TEST_F(turn_ledger_test, network_never_takes_more_than_the_wait) {
    be_silent(100ms);
    speak(400ms);
    be_silent(60ms);
    ledger.answered(now, 80ms);
    send(1);
    const auto turn = ledger.take_turn();
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->network_time(), 60ms);
    EXPECT_EQ(turn->back_end_time(), 0ms);
}

TEST_F(turn_ledger_test, unknown_network_is_a_part_of_the_back_end) {
    be_silent(100ms);
    speak(400ms);
    be_silent(60ms);
    ledger.answered(now, std::nullopt);
    send(1);
    const auto turn = ledger.take_turn();
    ASSERT_TRUE(turn);
    EXPECT_FALSE(turn->network_time());
    EXPECT_EQ(turn->back_end_time(), 60ms);
}

TEST_F(turn_ledger_test, only_the_first_audio_of_an_answer_counts) {
    be_silent(100ms);
    speak(400ms);
    be_silent(100ms);
    ledger.answered(now);
    send(1);
    EXPECT_TRUE(ledger.take_turn());
    ledger.answered(now);
    send(1);
    EXPECT_FALSE(ledger.take_turn());
}

TEST_F(turn_ledger_test, greeting_and_clicks_are_no_turns) {
    ledger.answered(now);
    send(1);
    EXPECT_FALSE(ledger.take_turn());
    be_silent(200ms);
    speak(40ms);
    be_silent(300ms);
    ledger.answered(now);
    send(1);
    EXPECT_FALSE(ledger.take_turn());
}

TEST_F(turn_ledger_test, answer_into_speech_is_no_turn) {
    be_silent(100ms);
    speak(500ms);
    EXPECT_TRUE(ledger.caller_speaks(now));
    ledger.answered(now);
    send(1);
    EXPECT_FALSE(ledger.take_turn());
    be_silent(100ms);
    EXPECT_FALSE(ledger.caller_speaks(now));
}

TEST_F(turn_ledger_test, steady_noise_is_not_speech) {
    caller(4s, -40);
    be_silent(20ms);
    caller(200ms, -70);
    EXPECT_FALSE(ledger.caller_speaks(now));
}

TEST_F(turn_ledger_test, audio_in_pieces_of_any_length_is_the_same) {
    tone sound(440, 16'000, -20);
    std::vector<std::int16_t> speech(16'000);
    sound.fill(speech);
    ledger.received(std::vector<std::int16_t>(1600, 0), 16'000, now);
    now += 100ms;
    for (std::size_t at = 0; at < speech.size(); at += 37) {
        const auto piece = std::span(speech).subspan(at, std::min<std::size_t>(37, speech.size() - at));
        ledger.received(piece, 16'000, now + std::chrono::microseconds(at * 1'000'000 / 16'000));
    }
    now += 1s;
    EXPECT_TRUE(ledger.caller_speaks(now));
}
