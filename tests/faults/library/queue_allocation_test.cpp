// SPDX-License-Identifier: Apache-2.0
// The queues of a call when an allocation fails: what found no memory is not in them, and is not counted.
#include "call/receive_queue.hpp"
#include "faults/library/failing_allocations.hpp"
#include "support/stepped_call.hpp"

#include <audiosocket/net.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <vector>

namespace audiosocket::test {
namespace {

namespace asio = boost::asio;

// Pushes 100 ms of audio, as much as the queue takes, between keys. Returns whether the allocation existed.
bool receive(std::size_t failing) {
    constexpr std::size_t frames = 5;
    call_statistics counters;
    receive_queue queue(std::chrono::milliseconds(100), counters);
    std::vector<std::int16_t> pushed;
    std::vector<std::int16_t> heard;
    pushed.reserve(frames * 160);
    heard.reserve(frames * 160);
    std::vector<std::int16_t> frame(160);
    fail_allocation(failing);
    for (std::size_t number = 0; number < frames; ++number) {
        std::ranges::fill(frame, static_cast<std::int16_t>(number));
        try {
            queue.push_audio(frame, 8000);
            pushed.insert(pushed.end(), frame.begin(), frame.end());
            if (number % 2 == 0) queue.push_digit('5');
        } catch (const std::bad_alloc&) {
        }
    }
    const bool failed = has_failed_allocation();
    while (const auto next = queue.pop())
        if (const auto* audio = std::get_if<audio_event>(&*next)) {
            EXPECT_FALSE(audio->samples.empty()) << "after the failure of allocation " << failing;
            heard.insert(heard.end(), audio->samples.begin(), audio->samples.end());
        }
    EXPECT_EQ(heard, pushed) << "after the failure of allocation " << failing;
    EXPECT_EQ(counters.frames_dropped, 0U) << "after the failure of allocation " << failing;
    return failed;
}

template <class What>
bool step(What what) {
    try {
        what();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

constexpr std::size_t ten_seconds = 80'000;

// Plays from outside of the call's thread, with a handler that has an executor of its own. Returns whether the
// allocation existed.
bool play(std::size_t failing) {
    asio::io_context application;
    stepped_call one;
    const clip sound(std::vector<std::int16_t>(ten_seconds, 1), 8000);
    int completed = 0;
    boost::system::error_code error;
    fail_allocation(failing);
    const bool started = step([&] {
        one.line.async_play(sound, asio::bind_executor(application, [&](boost::system::error_code result, play_result) {
                                ++completed;
                                error = result;
                            }));
    });
    step([&] { one.io.poll(); });
    const bool failed = has_failed_allocation();
    one.io.poll();
    application.poll();
    application.restart();
    EXPECT_TRUE(!error || error == std::errc::not_enough_memory) << error.message();
    EXPECT_EQ(one.line.queued().count(), started && !error ? 10'000 : 0)
        << "after the failure of allocation " << failing;
    one.line.clear();
    one.io.poll();
    application.poll();
    EXPECT_EQ(completed, started ? 1 : 0) << "after the failure of allocation " << failing;
    return failed;
}

// Plays samples from outside of the call's thread. Returns whether the allocation existed.
bool play_samples(std::size_t failing) {
    stepped_call one;
    const std::vector<std::int16_t> samples(ten_seconds, 1);
    fail_allocation(failing);
    step([&] { static_cast<void>(one.line.play(samples, 8000)); });
    step([&] { one.io.poll(); });
    const bool failed = has_failed_allocation();
    one.line.clear();
    one.io.poll();
    EXPECT_EQ(one.line.queued().count(), 0) << "after the failure of allocation " << failing;
    return failed;
}

TEST(failing_allocations, received_audio_that_finds_no_memory_is_left_out_whole) {
    std::size_t number = 1;
    while (receive(number) && !::testing::Test::HasFailure())
        ++number;
    EXPECT_GT(number, 3U);
}

TEST(failing_allocations, play_that_finds_no_memory_completes_with_the_reason_or_does_not_begin) {
    std::size_t number = 1;
    while (play(number) && !::testing::Test::HasFailure())
        ++number;
    EXPECT_GT(number, 2U);
}

// They counted as queued for ever.
TEST(failing_allocations, play_that_is_lost_does_not_count_as_queued) {
    std::size_t number = 1;
    while (play_samples(number) && !::testing::Test::HasFailure())
        ++number;
    EXPECT_GT(number, 2U);
}

} // namespace
} // namespace audiosocket::test
