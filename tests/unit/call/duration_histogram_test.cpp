// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/duration_histogram.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

TEST(duration_histogram, bound_belongs_to_its_bucket_and_what_is_longer_to_the_next) {
    for (std::size_t n = 0; n < duration_histogram::bounded_buckets; ++n) {
        duration_histogram h;
        h.add(duration_histogram::bound(n));
        h.add(duration_histogram::bound(n) + 1ns);
        EXPECT_EQ(h.count(n), 1U) << n;
        EXPECT_EQ(h.count(n + 1), 1U) << n;
    }
}

TEST(duration_histogram, what_is_early_counts_as_in_time) {
    duration_histogram h;
    h.add(-3h);
    h.add(0ns);
    EXPECT_EQ(h.count(0), 2U);
    EXPECT_EQ(h.sum(), 0ns);
}

TEST(duration_histogram, longest_of_all_is_in_the_last_bucket) {
    duration_histogram h;
    h.add(std::chrono::nanoseconds::max());
    EXPECT_EQ(h.count(duration_histogram::bounded_buckets), 1U);
}

TEST(duration_histogram, bounds_are_those_of_the_documentation) {
    EXPECT_EQ(duration_histogram::bound(3), 1ms);
    EXPECT_EQ(duration_histogram::bound(duration_histogram::bounded_buckets - 1), 1024ms);
}
