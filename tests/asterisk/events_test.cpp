// SPDX-License-Identifier: Apache-2.0
#include "asterisk_test.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_events : public asterisk_both_ways {
  protected:
    struct cut_prompt {
        std::size_t sent = 0;            ///< Samples of the prompt, which are numbered.
        std::vector<std::int16_t> heard; ///< As MixMonitor recorded it.
    };

    // The caller presses a key during a prompt of ten seconds, and then hears the answer.
    cut_prompt barge_in() {
        const auto clear_on_digit = [this](audiosocket::call& c, const event& e) {
            if (!std::holds_alternative<dtmf_event>(e)) return;
            c.clear();
            answerer::play(c, clip(answer, 8000));
        };
        answerer us(clip(numbers(80'000), 8000), clear_on_digit);
        start_asterisk(us.where());
        asterisk->originate(way(), "interrupt");
        EXPECT_TRUE(us.wait_for([](const auto& r) { return r.played; }));
        asterisk->hang_up_all();
        const auto call = us.wait_for_end();
        EXPECT_TRUE(call && wait_for_recording());
        if (!call || call->cleared.size() != 1) {
            ADD_FAILURE() << "the prompt was not cut once";
            return {};
        }
        const auto cut = call->cleared.front();
        EXPECT_EQ(cut.sent + cut.cut, std::chrono::seconds(10) + answerer::tail);
        EXPECT_GT(cut.sent, std::chrono::milliseconds(0));
        EXPECT_GT(cut.cut, std::chrono::seconds(1));
        return {static_cast<std::size_t>(cut.sent.count() * 8), recorded(call->id)};
    }

    const std::vector<std::int16_t> answer = negative_numbers(4000);
};

INSTANTIATE_TEST_SUITE_P(way, asterisk_events, both_ways(), name_of_way);

} // namespace

TEST_P(asterisk_events, sixteen_digits_arrive_in_order) {
    answerer us;
    start_asterisk(us.where());
    asterisk->originate(way(), "digits");
    const auto call = us.wait_for([](const auto& r) { return r.digits.size() >= 16; });
    ASSERT_TRUE(call);
    EXPECT_EQ(call->digits, "0123456789*#ABCD");
}

TEST_P(asterisk_events, our_hangup_lets_the_dialplan_go_on) {
    answerer us(clip(numbers(1600), 8000));
    start_asterisk(us.where());
    asterisk->originate(way(), "quiet");
    ASSERT_TRUE(us.wait_for([](const auto& r) { return r.played; }));
    us.hang_up_all();
    const auto call = us.wait_for_end();
    ASSERT_TRUE(call);
    EXPECT_TRUE(asterisk->wait_for_log(to_string(call->id) + ": the dialplan goes on"));
    EXPECT_EQ(name(call->ends.front().reason), name(end_reason::hung_up));
}

TEST_P(asterisk_events, hangup_of_asterisk_is_one_end_event) {
    answerer us(clip(numbers(80'000), 8000));
    start_asterisk(us.where());
    asterisk->originate(way(), "wait-1");
    ASSERT_TRUE(us.wait_for_end());
    ASSERT_TRUE(asterisk->wait_for_log(": the caller is gone"));
    const auto calls = us.wait_for(1, [](const auto&) { return true; });
    ASSERT_EQ(calls.size(), 1U);
    ASSERT_EQ(calls.front().ends.size(), 1U);
    EXPECT_FALSE(is_failure(calls.front().ends.front().reason)) << name(calls.front().ends.front().reason);
    EXPECT_EQ(asterisk->log().find("the dialplan goes on"), std::string::npos)
        << "we have hung up, and not the dialplan";
}

TEST_P(asterisk_events, barge_in_cuts_the_prompt_and_the_answer_is_played) {
    barge_in();
}

TEST_P(asterisk_events, realtime_barge_in_is_heard_at_once_and_the_answer_follows_it) {
    const busy_machine machine;
    const auto [sent, heard] = barge_in();
    const auto begin = place_of(numbers(sent), heard);
    const auto place_of_answer = place_of(answer, heard);
    // The recording has the prompt up to where the event reports the cut, and then the answer.
    in_real_time(machine, [&, samples = static_cast<std::ptrdiff_t>(sent)] {
        ASSERT_LT(begin, 8000 / 5) << "the prompt is not whole in the recording, or late";
        EXPECT_EQ(place_of_answer, begin + samples);
    });
}
