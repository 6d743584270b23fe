// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/engine_statistics.hpp>

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

using namespace audiosocket;

TEST(engine_statistics, context_without_calls_has_counted_nothing) {
    boost::asio::io_context io;
    EXPECT_EQ(turns_taken(io), 0U);
    const engine_statistics& counted = statistics_of(io);
    EXPECT_EQ(counted.tick_lateness.sum(), std::chrono::nanoseconds(0));
    EXPECT_EQ(turns_taken(io), 0U);
    EXPECT_EQ(&statistics_of(io), &counted); // valid as long as the context
}
