// SPDX-License-Identifier: Apache-2.0
#include "service/thread_watch.hpp"

#include "net/turn_table.hpp"

#include <audiosocket/net/engine_statistics.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <vector>

// The test is all threads: a thread acts only when the test runs it. Nothing here depends on time.

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

// A call whose turn checks its own thread. A question that is posted during a turn has no answer before the turn ends.
struct looking_call final : detail::turn_taker {
    explicit looking_call(std::function<void()> in_turn) : look(std::move(in_turn)) {}
    bool has_arrived(bool, time_point) noexcept override { return false; }
    bool read_on(time_point) override { return false; }
    void take_turn(time_point) override { look(); }
    const std::function<void()> look;
};

class two_watched_threads : public testing::Test {
  protected:
    static void run(boost::asio::io_context& io) {
        io.restart();
        io.poll();
    }

    boost::asio::io_context first{1};
    boost::asio::io_context second{1};
    const std::array<boost::asio::io_context*, 2> all{&first, &second};
    thread_watch watch{all};
};

} // namespace

TEST_F(two_watched_threads, threads_that_answer_are_never_silent) {
    for (int i = 0; i < 10; ++i) {
        watch.look();
        EXPECT_EQ(watch.longest().looks, 0U);
        run(first);
        run(second);
    }
}

TEST_F(two_watched_threads, silent_looks_of_the_thread_that_stands_still_are_counted_until_it_goes_on) {
    watch.look();
    for (std::size_t looks = 1; looks < 10; ++looks) {
        run(first);
        watch.look();
        EXPECT_EQ(watch.longest().thread, 1U);
        EXPECT_EQ(watch.longest().looks, looks);
    }
    run(second);
    run(first);
    watch.look();
    EXPECT_EQ(watch.longest().looks, 0U);
}

TEST_F(two_watched_threads, thread_that_does_not_answer_is_asked_once) {
    for (int i = 0; i < 10; ++i)
        watch.look();
    EXPECT_EQ(second.poll(), 1U);
}

TEST_F(two_watched_threads, thread_whose_calls_have_turns_is_busy_and_not_stuck) {
    const std::array<boost::asio::io_context*, 1> one{&first};
    thread_watch busy{one};
    std::vector<std::size_t> silent;
    const auto look = [&] {
        busy.look();
        silent.push_back(busy.longest().looks);
    };
    auto& table = boost::asio::use_service<detail::turn_table>(first);
    const auto now = clock::now();
    for (int calls = 0; calls < 10; ++calls)
        table.schedule(std::make_shared<looking_call>(look), now);
    first.run();
    EXPECT_EQ(silent, std::vector<std::size_t>(10, 0));
    EXPECT_EQ(turns_taken(first), 10U);
}

TEST_F(two_watched_threads, turn_that_does_not_end_is_stuck) {
    const std::array<boost::asio::io_context*, 1> one{&first};
    thread_watch stuck{one};
    const auto endless = [&] {
        for (int looks = 0; looks < 6; ++looks)
            stuck.look();
        EXPECT_EQ(stuck.longest().looks, 5U);
    };
    boost::asio::use_service<detail::turn_table>(first).schedule(std::make_shared<looking_call>(endless), clock::now());
    first.run();
}

TEST_F(two_watched_threads, thread_without_calls_has_taken_no_turn) {
    EXPECT_EQ(turns_taken(first), 0U);
    EXPECT_FALSE(boost::asio::has_service<detail::turn_table>(first));
}
