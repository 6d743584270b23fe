// SPDX-License-Identifier: Apache-2.0
#include "bench/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace audiosocket::app::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr double error_max = 1.0 / 128;

void expect_close(nanoseconds found, nanoseconds exact) {
    EXPECT_GE(found, exact);
    EXPECT_LE(static_cast<double>((found - exact).count()), static_cast<double>(exact.count()) * error_max);
}

TEST(histogram, empty_one_is_all_zero) {
    const histogram h;
    EXPECT_EQ(h.count(), 0U);
    for (const auto value : {h.min(), h.max(), h.mean(), h.at(0), h.at(0.99), h.at(1)})
        EXPECT_EQ(value, 0ns);
}

TEST(histogram, one_value_is_exact_everywhere) {
    histogram h;
    h.add(123'456'789ns);
    for (const auto value : {h.min(), h.max(), h.mean(), h.at(0), h.at(0.5), h.at(1)})
        EXPECT_EQ(value, 123'456'789ns);
}

TEST(histogram, small_values_are_exact) {
    histogram h;
    for (int i = 0; i < 100; ++i)
        h.add(nanoseconds(i));
    EXPECT_EQ(h.at(0.5), 49ns);
    EXPECT_EQ(h.at(0.99), 98ns);
    EXPECT_EQ(h.at(1), 99ns);
}

// Each power of two and its neighbours: there buckets begin and end.
TEST(histogram, every_magnitude_is_within_the_stated_error) {
    for (int bit = 0; bit < 40; ++bit)
        for (const int beside : {-1, 0, 1}) {
            const nanoseconds value((std::int64_t{1} << bit) + beside);
            histogram h;
            h.add(value);
            h.add(histogram::value_max); // so that max does not limit the result
            expect_close(h.at(0.5), value);
        }
}

TEST(histogram, quantiles_of_random_values_are_within_the_stated_error) {
    constexpr unsigned seed = 7;
    std::minstd_rand random(seed);
    std::lognormal_distribution<double> distribution(13, 3);
    histogram h;
    std::vector<nanoseconds> all;
    for (int i = 0; i < 10'000; ++i) {
        all.emplace_back(static_cast<std::int64_t>(distribution(random)));
        h.add(all.back());
    }
    std::ranges::sort(all);
    for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999})
        expect_close(h.at(share), all[static_cast<std::size_t>(std::ceil(share * 10'000)) - 1]);
    EXPECT_EQ(h.min(), all.front());
    EXPECT_EQ(h.max(), all.back());
    EXPECT_EQ(h.at(1), all.back());
}

TEST(histogram, values_out_of_range_are_clamped) {
    histogram h;
    h.add(-5ns);
    h.add(24h);
    EXPECT_EQ(h.min(), 0ns);
    EXPECT_EQ(h.max(), histogram::value_max);
}

TEST(histogram, merging_is_as_adding_to_one) {
    histogram a, b, both;
    for (int i = 1; i < 1000; ++i) {
        (i % 3 == 0 ? a : b).add(i * 1us);
        both.add(i * 1us);
    }
    a.merge(b);
    EXPECT_EQ(a.count(), both.count());
    EXPECT_EQ(a.mean(), both.mean());
    EXPECT_EQ(a.min(), both.min());
    EXPECT_EQ(a.max(), both.max());
    for (const double share : {0.1, 0.5, 0.999})
        EXPECT_EQ(a.at(share), both.at(share));
}

TEST(histogram, merging_an_empty_one_changes_nothing) {
    histogram h;
    h.add(5ms);
    h.merge(histogram());
    EXPECT_EQ(h.min(), 5ms);
    EXPECT_EQ(h.max(), 5ms);
}

} // namespace
} // namespace audiosocket::app::bench
