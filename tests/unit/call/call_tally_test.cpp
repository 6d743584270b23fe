// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/detail/engine_hooks.hpp>

#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t count(const duration_histogram& h) {
    std::uint64_t sum = 0;
    for (std::size_t n = 0; n <= duration_histogram::bounded_buckets; ++n)
        sum += h.count(n);
    return sum;
}

// Sends what is due, `late` after its time.
void send(session& s, std::chrono::nanoseconds late) {
    const auto at = audiosocket::detail::engine_hooks::frame_time(s) + late;
    s.advance(at);
    ASSERT_FALSE(s.transmit().empty());
    s.transmitted(at);
}

} // namespace

TEST(call_tally, sessions_that_share_one_count_in_it_together) {
    call_tally tally;
    const time_point start{};
    for (int calls = 0; calls < 2; ++calls) {
        session s(role::server, {}, start);
        audiosocket::detail::engine_hooks::set_tally(s, &tally);
        s.receive(frame(kind::id, bytes(16)), start);
        send(s, 0ms);
        send(s, 3ms); // above 2, and at most 4
        s.receive(frame(kind::slin, bytes(320)), start + 40ms);
        s.receive(frame(kind::slin, bytes(320)), start + 67ms); // 7 ms later than it should be
        EXPECT_EQ(s.statistics().frames_sent, 2U);
    }
    EXPECT_EQ(count(tally.frame_lateness), 4U);
    EXPECT_EQ(tally.frame_lateness.count(5), 2U); // 2 to 4 ms
    EXPECT_EQ(tally.frame_lateness.sum(), 6ms);
    EXPECT_EQ(count(tally.arrival_deviation), 2U); // the first audio of a call has nothing to compare with
    EXPECT_EQ(tally.arrival_deviation.sum(), 14ms);
}
