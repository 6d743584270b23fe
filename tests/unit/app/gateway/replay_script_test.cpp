// SPDX-License-Identifier: Apache-2.0
#include "gateway/replay_script.hpp"

#include "base/failure.hpp"
#include "gateway/replay_report.hpp"
#include "unit/app/tape/tapes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::app::gateway;
using namespace std::chrono_literals;

namespace {

std::string audio(int at_ms, std::int16_t value, std::size_t samples = 160, int rate_hz = 8000) {
    return "{\"t\":" + std::to_string(at_ms) + ",\"what\":\"audio\"," + tape::number_member("rate", rate_hz) + ',' +
           tape::samples_member(std::vector<std::int16_t>(samples, value)) + '}';
}

replay_script script_of(const std::vector<std::string>& lines) {
    tape::tape_reader tape(test::pieces_of(test::tape_with(lines), 4096));
    return read_script(tape);
}

} // namespace

TEST(replay_script, audio_is_said_when_it_was_said_and_without_holes) {
    const auto script = script_of({audio(20, 1), audio(43, 2), audio(59, 3), audio(500, 4), audio(520, 5)});
    ASSERT_EQ(script.sounds.size(), 2U);
    EXPECT_EQ(script.sounds[0].at, 0ms);
    EXPECT_EQ(script.sounds[0].samples.size(), 480U);
    EXPECT_EQ(script.sounds[0].samples[160], 2);
    EXPECT_EQ(script.sounds[1].at, 480ms);
    EXPECT_EQ(script.sounds[1].samples.size(), 320U);
    EXPECT_EQ(script.rate_hz, 8000);
}

TEST(replay_script, audio_that_came_at_once_is_said_in_its_own_time) {
    const auto script = script_of({audio(0, 1), audio(0, 2), audio(0, 3), audio(80, 4)});
    ASSERT_EQ(script.sounds.size(), 1U);
    EXPECT_EQ(script.sounds[0].samples.size(), 640U);
}

TEST(replay_script, wide_audio_keeps_its_rate_and_impossible_audio_is_left_out) {
    const auto script = script_of({audio(20, 1, 320, 16'000), audio(40, 1, 160, 8000), audio(40, 1, 160, 12'345),
                                   R"({"t":60,"what":"audio","rate":16000,"samples":"!"})"});
    EXPECT_EQ(script.rate_hz, 16'000);
    ASSERT_EQ(script.sounds.size(), 1U);
    EXPECT_EQ(script.sounds[0].samples.size(), 320U);
}

TEST(replay_script, answers_of_functions_are_kept_in_order) {
    const auto script = script_of({R"({"t":1,"what":"tool","name":"price","text":"3"})",
                                   R"({"t":2,"what":"tool","name":"book","text":"no table","failed":true})",
                                   R"({"t":3,"what":"tool","name":"price","text":"4"})"});
    const auto& prices = script.tools.at("price");
    ASSERT_EQ(prices.size(), 2U);
    EXPECT_EQ(prices[0].text, "3");
    EXPECT_EQ(prices[1].text, "4");
    EXPECT_FALSE(prices[1].is_error);
    EXPECT_TRUE(script.tools.at("book").front().is_error);
}

TEST(replay_script, keys_keep_their_time) {
    const auto script =
        script_of({R"({"t":700,"what":"digit","digit":"#"})", R"({"t":710,"what":"digit","digit":""})"});
    ASSERT_EQ(script.keys.size(), 1U);
    EXPECT_EQ(script.keys[0].at, 700ms);
    EXPECT_EQ(script.keys[0].digit, '#');
}

TEST(replay_script, caller_hangs_up_as_on_the_tape_and_otherwise_has_patience) {
    EXPECT_EQ(script_of({R"({"t":700,"what":"ended","reason":"peer hung up"})", audio(900, 1)}).hang_up_at, 700ms);
    EXPECT_EQ(script_of({R"({"t":700,"what":"ended","reason":"hung up"})"}).hang_up_at,
              700ms + replay_script::patience);
    EXPECT_EQ(script_of({audio(900, 1)}).hang_up_at, 900ms); // the gateway crashed
}

TEST(replay_script, tape_without_a_call_is_refused) {
    EXPECT_THROW(script_of({}), failure);
    tape::tape_reader other(test::pieces_of("{\"audiosocket_tape\":1,\"id\":\"x\"}\n{\"t\":1,\"what\":\"open\"}\n"));
    EXPECT_THROW(read_script(other), failure);
}

TEST(replay_result, failure_is_what_the_tape_had_and_the_replay_lacks) {
    replay_result result;
    EXPECT_EQ(result.failures(), std::vector<std::string>{"the back end cannot be reached"});
    result.losses = {"cannot be reached: connection refused"};
    EXPECT_EQ(result.failures().front(), "the back end cannot be reached: connection refused");
    result.replay.connections = 1;
    result.losses.clear();
    EXPECT_EQ(result.failures(), std::vector<std::string>{"the session was not set up"});
    result.replay.ready_at = 5ms;
    EXPECT_TRUE(result.failures().empty());
    result.tape.agent_spoke_at = 5ms;
    EXPECT_EQ(result.failures(), std::vector<std::string>{"the back end did not speak, and on the tape it did"});
    EXPECT_NE(as_table(result).find("FAILED: the back end did not speak"), std::string::npos);
    EXPECT_FALSE(to_json(result).at("good").as_bool());
    result.replay.agent_spoke_at = 900ms;
    EXPECT_TRUE(result.failures().empty());
    EXPECT_TRUE(to_json(result).at("good").as_bool());
}
