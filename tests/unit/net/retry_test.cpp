// SPDX-License-Identifier: Apache-2.0
#include "net/retry.hpp"

#include <gtest/gtest.h>

#include <memory>

using namespace audiosocket::detail;
using namespace std::chrono_literals;

TEST(retry, runs_once_and_again_from_its_own_action) {
    boost::asio::io_context io{1};
    retry again(io.get_executor());
    int runs = 0;
    again.after(1ms, [&] {
        if (++runs == 1) again.after(0ms, [&] { ++runs; });
    });
    again.after(0ms, [&] { runs += 100; }); // one is pending
    io.run();
    EXPECT_EQ(runs, 2);
}

TEST(retry, hurry_ends_the_pause) {
    boost::asio::io_context io{1};
    retry again(io.get_executor());
    int runs = 0;
    again.after(1h, [&] { ++runs; });
    again.hurry();
    io.run();
    EXPECT_EQ(runs, 1);
}

TEST(retry, owner_that_the_action_keeps_ends_after_it) {
    boost::asio::io_context io{1};
    struct owner {
        explicit owner(boost::asio::io_context& on) : again(on.get_executor()) {}
        retry again;
    };
    auto one = std::make_shared<owner>(io);
    const std::weak_ptr<owner> seen = one;
    one->again.after(0ms, [keep = one] {});
    one.reset();
    EXPECT_FALSE(seen.expired());
    io.run();
    EXPECT_TRUE(seen.expired());
}

TEST(retry, context_may_end_before_the_pause) {
    std::weak_ptr<retry> seen;
    {
        boost::asio::io_context io{1};
        const auto again = std::make_shared<retry>(io.get_executor());
        again->after(1h, [again] {});
        seen = again;
    }
    EXPECT_TRUE(seen.expired());
}
