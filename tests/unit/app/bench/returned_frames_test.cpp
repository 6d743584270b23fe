// SPDX-License-Identifier: Apache-2.0
#include "bench/returned_frames.hpp"

#include <audiosocket/audio/encoding_detector.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace audiosocket::app::bench {
namespace {

using namespace std::chrono_literals;
using order = returned_frames::order;

const numbered_frames sent_frames;

struct returned : testing::Test {
    static constexpr std::uint64_t first = 190; // the numbers soon start again
    returned_frames frames{sent_frames, first};
    std::vector<returned_frames::returned> seen;

    void send(int count) {
        for (int i = 0; i < count; ++i)
            frames.sent(time_of(frames.frames_sent()));
    }
    static time_point time_of(std::uint64_t number) {
        return time_point(1h + static_cast<std::int64_t>(number) * 20ms);
    }

    void take(std::span<const std::byte> payload) {
        frames.take(payload, [this](const returned_frames::returned& r) { seen.push_back(r); });
    }
    void take_frame(std::uint64_t number) { take(sent_frames.payload(first + number)); }

    // Returns the samples of these frames, in order.
    static std::vector<std::byte> stream(std::uint64_t from, std::uint64_t to) {
        std::vector<std::byte> all;
        for (auto n = from; n < to; ++n) {
            const auto payload = sent_frames.payload(first + n);
            all.insert(all.end(), payload.begin(), payload.end());
        }
        return all;
    }
    void expect_in_order(std::uint64_t count) const {
        ASSERT_EQ(seen.size(), count);
        for (std::uint64_t n = 0; n < count; ++n) {
            EXPECT_EQ(seen[n].number, n);
            EXPECT_EQ(seen[n].how, order::in_order);
            EXPECT_EQ(seen[n].sent, time_of(n));
        }
        EXPECT_EQ(frames.torn(), 0U);
        EXPECT_EQ(frames.foreign_samples(), 0U);
    }
};

TEST(numbered_frames, message_is_one_slin_message_of_20_ms) {
    for (std::uint64_t n = 0; n < 2 * numbered_frames::period; ++n) {
        error_code error;
        const auto m = parse_message(sent_frames.message(n), error);
        ASSERT_FALSE(error);
        EXPECT_EQ(m.kind, kind::slin);
        EXPECT_EQ(m.payload.size(), 320U);
        EXPECT_EQ(header_bytes + m.payload.size(), sent_frames.message(n).size());
    }
}

// A server that recognises G.711 under a false label must not mistake our numbers for G.711, wherever they begin.
TEST(numbered_frames, numbers_are_never_taken_for_g711) {
    for (std::uint64_t start = 0; start < numbered_frames::period; ++start) {
        encoding_detector detector;
        for (std::uint64_t n = start; n < start + 20; ++n)
            ASSERT_EQ(detector.observe(sent_frames.payload(n)), encoding::slin) << start << "+" << n - start;
        EXPECT_TRUE(detector.firm());
    }
}

TEST_F(returned, frames_come_back_in_order) {
    for (std::uint64_t n = 0; n < 1000; ++n) {
        send(1);
        take_frame(n);
    }
    expect_in_order(1000);
}

TEST_F(returned, silence_between_frames_is_passed_over) {
    send(10);
    const std::vector<std::byte> silence(320);
    for (std::uint64_t n = 0; n < 10; ++n) {
        take(silence);
        take_frame(n);
    }
    expect_in_order(10);
}

TEST_F(returned, cut_anywhere_and_with_silence_inside_they_are_found) {
    constexpr unsigned seed = 11;
    std::minstd_rand random(seed);
    send(200);
    const auto all = stream(0, 200);
    for (std::size_t at = 0; at < all.size();) {
        const auto samples = std::min<std::size_t>(1 + random() % 400, (all.size() - at) / 2);
        take(std::span(all).subspan(at, samples * 2));
        if (random() % 4 == 0) take(std::vector<std::byte>(random() % 100 * 2));
        at += samples * 2;
    }
    expect_in_order(200);
}

TEST_F(returned, lost_frames_are_passed_over) {
    send(20);
    take_frame(0);
    take_frame(5);
    take_frame(6);
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[1].number, 5U);
    EXPECT_EQ(seen[1].how, order::in_order);
    EXPECT_EQ(frames.expected(), 7U);
}

TEST_F(returned, frame_that_comes_twice_is_counted) {
    send(20);
    take_frame(0);
    take_frame(1);
    take_frame(1);
    take_frame(2);
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen[2].number, 1U);
    EXPECT_EQ(seen[2].how, order::again);
    EXPECT_EQ(seen[3].how, order::in_order);
    EXPECT_EQ(seen[3].number, 2U);
}

TEST_F(returned, frame_that_comes_late_is_counted_once) {
    send(20);
    take_frame(0);
    take_frame(2);
    take_frame(1);
    take_frame(1);
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen[2].number, 1U);
    EXPECT_EQ(seen[2].how, order::late);
    EXPECT_EQ(seen[2].sent, time_of(1));
    EXPECT_EQ(seen[3].how, order::again);
}

TEST_F(returned, frame_in_part_is_torn) {
    send(20);
    take_frame(0);
    take(sent_frames.payload(first + 1).subspan(0, 200));
    take_frame(2);
    take(sent_frames.payload(first + 3).subspan(100));
    take_frame(4);
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[1].number, 2U);
    EXPECT_EQ(seen[2].number, 4U);
    EXPECT_EQ(frames.torn(), 2U);
}

TEST_F(returned, altered_audio_is_foreign_and_torn) {
    send(20);
    std::vector<std::byte> payload(sent_frames.payload(first).begin(), sent_frames.payload(first).end());
    payload[101] ^= std::byte{0x80};
    take(payload);
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(frames.foreign_samples(), 1U);
    EXPECT_EQ(frames.torn(), 1U);
    take_frame(1);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].number, 1U);
}

TEST_F(returned, frame_that_was_not_sent_is_foreign) {
    send(2);
    take_frame(0);
    take_frame(50);
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(frames.foreign_samples(), numbered_frames::samples);
}

// An echo that is ten seconds late. The bench does not remember that far, and the numbers have wrapped.
TEST_F(returned, frames_come_back_in_order_however_late) {
    send(500);
    for (std::uint64_t n = 0; n < 1000; ++n) {
        send(1);
        take_frame(n);
    }
    expect_in_order(1000);
}

} // namespace
} // namespace audiosocket::app::bench
