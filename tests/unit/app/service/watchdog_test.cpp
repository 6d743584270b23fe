// SPDX-License-Identifier: Apache-2.0
#include "service/watchdog.hpp"

#include <audiosocket/net/io_thread.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <future>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

constexpr auto interval = 10ms;

// Runs `own` until `alive` was called this many times, at most for this time. Returns the number of calls.
struct watched {
    watched(boost::asio::io_context& to, const std::vector<boost::asio::io_context*>& threads)
        : own(to), dog(own, threads, interval, [this] {
              if (++times == enough) own.stop();
          }) {}

    int run(int wanted, std::chrono::milliseconds limit) {
        enough = times + wanted;
        own.restart();
        own.run_for(limit);
        return times;
    }

    boost::asio::io_context& own;
    int times = 0;
    int enough = 0;
    watchdog dog;
};

} // namespace

TEST(watchdog, threads_that_answer_are_alive_again_and_again) {
    boost::asio::io_context own;
    io_thread first;
    io_thread second;
    watched all(own, {&first.context(), &second.context()});
    EXPECT_EQ(all.run(5, 10s), 5);
}

TEST(watchdog, one_thread_that_hangs_is_not_alive_and_is_again_when_it_goes_on) {
    boost::asio::io_context own;
    io_thread good;
    io_thread bad;
    std::promise<void> hang;
    std::promise<void> hangs;
    boost::asio::post(bad.context(), [&] {
        hangs.set_value();
        hang.get_future().wait();
    });
    hangs.get_future().wait();
    watched all(own, {&good.context(), &bad.context()});
    EXPECT_EQ(all.run(1, 10 * interval), 0);
    hang.set_value();
    EXPECT_EQ(all.run(3, 10s), 3);
}

TEST(watchdog, answers_that_come_when_it_is_gone_are_nothing) {
    boost::asio::io_context own;
    io_thread slow;
    int times = 0;
    {
        const watchdog gone(own, {&slow.context()}, interval, [&] { ++times; });
    }
    own.run_for(5 * interval);
    EXPECT_EQ(times, 0);
}
