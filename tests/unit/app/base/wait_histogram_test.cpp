// SPDX-License-Identifier: Apache-2.0
#include "base/wait_histogram.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace audiosocket::app {

TEST(wait_histogram, bound_belongs_to_its_bucket_and_what_is_longer_to_the_next) {
    for (std::size_t n = 0; n < wait_histogram::bounded_buckets; ++n) {
        wait_histogram h;
        h.add(wait_histogram::bound(n));
        h.add(wait_histogram::bound(n) + 1ns);
        EXPECT_EQ(h.count(n), 1U) << n;
        EXPECT_EQ(h.count(n + 1), 1U) << n;
        EXPECT_EQ(h.sum(), 2 * wait_histogram::bound(n) + 1ns);
        if (n == 0) continue;
        EXPECT_GT(wait_histogram::bound(n), wait_histogram::bound(n - 1));
    }
}

TEST(wait_histogram, what_is_below_zero_counts_as_zero) {
    wait_histogram h;
    h.add(-1s);
    EXPECT_EQ(h.count(0), 1U);
    EXPECT_EQ(h.sum(), 0s);
}

// Voice bots need seconds to answer; the other histogram ends at one second.
TEST(wait_histogram, seconds_are_distinguished) {
    wait_histogram h;
    for (const auto d : {900ms, 1400ms, 1900ms, 2900ms, 4900ms, 9900ms})
        h.add(d);
    for (std::size_t n = 9; n < 15; ++n)
        EXPECT_EQ(h.count(n), 1U) << n;
}

} // namespace audiosocket::app
