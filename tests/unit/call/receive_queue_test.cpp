// SPDX-License-Identifier: Apache-2.0
#include "call/receive_queue.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

struct receive_queue_test : testing::Test {
    std::vector<std::string> pop_all() {
        std::vector<std::string> out;
        while (auto e = queue.pop()) {
            out.push_back(describe(*e));
            if (const auto* a = std::get_if<audio_event>(&*e))
                heard.insert(heard.end(), a->samples.begin(), a->samples.end());
        }
        return out;
    }

    call_statistics counters;
    receive_queue queue{100ms, counters};
    std::vector<std::int16_t> heard;
};

using words = std::vector<std::string>;

} // namespace

TEST_F(receive_queue_test, empty_it_has_nothing) {
    EXPECT_FALSE(queue.pop());
    EXPECT_FALSE(queue.pop());
}

TEST_F(receive_queue_test, audio_and_digits_and_the_rest_keep_their_order) {
    queue.push(started_event{});
    queue.push_audio(count_up(160), 8000);
    queue.push_digit('1');
    queue.push_digit('2');
    queue.push_audio(count_up(80, 161), 8000);
    queue.push(played_event{"m", 20ms});
    queue.push_audio(count_up(80, 241), 8000);
    EXPECT_EQ(pop_all(), (words{"started", "audio 160@8000", "dtmf 1", "dtmf 2", "audio 80@8000", "played m 20",
                                "audio 80@8000"}));
    EXPECT_EQ(heard, count_up(320));
}

TEST_F(receive_queue_test, small_audio_is_joined_up_to_20_ms) {
    for (int i = 0; i < 400; ++i)
        queue.push_audio(count_up(1, i + 1), 8000);
    EXPECT_EQ(pop_all(), (words{"audio 160@8000", "audio 160@8000", "audio 80@8000"}));
    EXPECT_EQ(heard, count_up(400));
}

TEST_F(receive_queue_test, audio_of_another_rate_is_not_joined) {
    queue.push_audio(count_up(8), 8000);
    queue.push_audio(count_up(16), 16'000);
    EXPECT_EQ(pop_all(), (words{"audio 8@8000", "audio 16@16000"}));
}

TEST_F(receive_queue_test, beyond_its_bound_the_oldest_audio_goes_and_is_counted) {
    for (int i = 0; i < 8; ++i)
        queue.push_audio(count_up(160, 1 + 160 * i), 8000); // 160 ms for 100
    EXPECT_EQ(counters.frames_dropped, 3U);
    EXPECT_EQ(pop_all().size(), 5U);
    EXPECT_EQ(heard, count_up(800, 481));
}

TEST_F(receive_queue_test, joined_messages_are_counted_each_when_they_are_dropped) {
    for (int i = 0; i < 160; ++i)
        queue.push_audio(count_up(8), 8000); // 1 ms each
    EXPECT_EQ(counters.frames_dropped, 60U);
}

TEST_F(receive_queue_test, a_single_message_beyond_the_bound_is_kept) {
    queue.push_audio(count_up(160), 8000);
    queue.push_audio(count_up(32'000), 8000);
    EXPECT_EQ(pop_all(), words{"audio 32000@8000"});
    EXPECT_EQ(counters.frames_dropped, 1U);
}

TEST_F(receive_queue_test, dropping_audio_leaves_digits_and_other_events_alone) {
    queue.push(started_event{});
    for (int i = 0; i < 10; ++i) {
        queue.push_audio(count_up(160, 1 + 160 * i), 8000);
        queue.push_digit(static_cast<char>('0' + i));
    }
    EXPECT_EQ(counters.frames_dropped, 5U);
    EXPECT_EQ(pop_all(), (words{"started", "dtmf 0", "dtmf 1", "dtmf 2", "dtmf 3", "dtmf 4", "audio 160@8000", "dtmf 5",
                                "audio 160@8000", "dtmf 6", "audio 160@8000", "dtmf 7", "audio 160@8000", "dtmf 8",
                                "audio 160@8000", "dtmf 9"}));
}

TEST_F(receive_queue_test, beyond_64_digits_the_oldest_goes_and_is_counted) {
    for (int i = 0; i < 70; ++i)
        queue.push_digit(static_cast<char>('0' + i % 10));
    EXPECT_EQ(counters.digits_dropped, 6U);
    const auto left = pop_all();
    ASSERT_EQ(left.size(), 64U);
    EXPECT_EQ(left.front(), "dtmf 6");
    EXPECT_EQ(left.back(), "dtmf 9");
}

TEST_F(receive_queue_test, a_digit_that_is_dropped_takes_the_audio_before_it_along) {
    // Removing from the middle moved half of the queue: 11 ms for 64 KiB of a sample and a digit each.
    queue.push(started_event{});
    queue.push_audio(count_up(80), 8000);
    for (int i = 0; i < 64; ++i)
        queue.push_digit('1');
    queue.push_audio(count_up(80, 81), 8000);
    EXPECT_EQ(counters.frames_dropped, 0U);
    queue.push_digit('2');
    EXPECT_EQ(counters.digits_dropped, 1U);
    EXPECT_EQ(counters.frames_dropped, 1U);
    const auto left = pop_all();
    ASSERT_EQ(left.size(), 66U);
    EXPECT_EQ(left[0], "started");
    EXPECT_EQ(left[1], "dtmf 1");
    EXPECT_EQ(left[64], "audio 80@8000");
    EXPECT_EQ(left[65], "dtmf 2");
    EXPECT_EQ(heard, count_up(80, 81));
}

TEST_F(receive_queue_test, room_is_free_again_once_events_are_taken) {
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 5; ++i) {
            queue.push_audio(count_up(160), 8000);
            queue.push_digit('5');
        }
        EXPECT_EQ(pop_all().size(), 10U);
    }
    EXPECT_EQ(counters.frames_dropped, 0U);
    EXPECT_EQ(counters.digits_dropped, 0U);
}

TEST_F(receive_queue_test, a_digit_after_each_sample_does_not_grow_the_queue_without_bound) {
    // Digits keep audio from being joined: a peer could queue an entry for each sample, more than 16,000 a second.
    for (int i = 0; i < 100'000; ++i) {
        queue.push_audio(count_up(1), 192'000);
        queue.push_digit('1');
    }
    EXPECT_LE(queue.size(), 1200U);
    EXPECT_EQ(counters.digits_dropped, 100'000U - 64U);
    std::uint64_t kept = 0;
    for (const auto& e : pop_all())
        kept += e.starts_with("audio") ? 1U : 0U;
    EXPECT_EQ(counters.frames_dropped + kept, 100'000U);
}

TEST_F(receive_queue_test, a_view_is_valid_until_the_queue_is_touched) {
    queue.push_audio(count_up(160), 8000);
    queue.push_audio(count_up(160, 161), 8000);
    const auto e = queue.pop();
    const auto& view = std::get<audio_event>(*e).samples;
    EXPECT_TRUE(std::ranges::equal(view, count_up(160)));
    queue.push_audio(count_up(160, 321), 8000); // the front has been shown, so nothing is joined to it
    EXPECT_EQ(pop_all(), (words{"audio 160@8000", "audio 160@8000"}));
    EXPECT_EQ(heard, count_up(320, 161));
}

TEST_F(receive_queue_test, what_has_been_shown_is_neither_joined_to_nor_counted_as_dropped) {
    queue.push_audio(count_up(80), 8000);
    EXPECT_TRUE(queue.pop());
    for (int i = 0; i < 6; ++i)
        queue.push_audio(count_up(160), 8000);
    EXPECT_EQ(counters.frames_dropped, 1U);
    EXPECT_EQ(pop_all().size(), 5U);
}
