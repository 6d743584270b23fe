// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/numbering.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using audiosocket::sim::numbering;

TEST(simulated_samples, two_samples_say_their_number_and_one_says_the_least) {
    for (const auto wire : {encoding::slin, encoding::ulaw}) {
        const numbering samples(wire);
        const auto period = samples.period();
        for (std::uint64_t number = 0; number < period; ++number) {
            const auto value = samples.at(number);
            ASSERT_NE(value, 0);
            ASSERT_EQ(samples.number_of(value, number), number);
            ASSERT_LE(samples.number_of(value, number / 2), number);
            ASSERT_EQ(samples.number_of(value, samples.at(number + 1), 0), number);
            ASSERT_EQ(samples.number_of(value, samples.at(number + 1), number + 1), number + period);
        }
        EXPECT_FALSE(samples.number_of(0, 0));
        EXPECT_FALSE(samples.number_of(-1000, 0));
    }
}
