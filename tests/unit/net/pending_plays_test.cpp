// SPDX-License-Identifier: Apache-2.0
#include "net/pending_plays.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace audiosocket;
using namespace audiosocket::detail;

namespace {

class pending_plays_test : public testing::Test {
  protected:
    void add(std::uint64_t ticket) {
        plays.add(play_ticket{ticket}, {[this, ticket](boost::system::error_code why, play_result) {
                                            reported.push_back(ticket);
                                            error = why;
                                        },
                                        io.get_executor()});
    }

    // Completes the operation with this ticket. Returns whether it existed.
    bool complete(std::uint64_t ticket) {
        auto waiter = plays.take(play_ticket{ticket});
        if (!waiter) return false;
        waiter.complete(boost::system::error_code(), play_result());
        io.run();
        io.restart();
        return true;
    }

    boost::asio::io_context io{1};
    pending_plays plays;
    std::vector<std::uint64_t> reported;
    boost::system::error_code error;
};

} // namespace

TEST_F(pending_plays_test, each_is_taken_once_by_its_ticket) {
    for (const std::uint64_t ticket : {1U, 2U, 3U})
        add(ticket);
    EXPECT_TRUE(complete(1));
    EXPECT_FALSE(complete(1));
    EXPECT_TRUE(complete(2));
    EXPECT_TRUE(complete(3));
    EXPECT_EQ(reported, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(pending_plays_test, cancelled_one_in_the_middle_leaves_the_others) {
    for (const std::uint64_t ticket : {1U, 2U, 3U})
        add(ticket);
    EXPECT_TRUE(complete(2)); // cancelled
    EXPECT_TRUE(complete(1));
    EXPECT_FALSE(complete(2)); // its report
    EXPECT_TRUE(complete(3));
}

TEST_F(pending_plays_test, unknown_ticket_finds_nothing) {
    EXPECT_FALSE(complete(1));
    add(1);
    EXPECT_FALSE(complete(2));
}

TEST_F(pending_plays_test, end_completes_all_in_order) {
    for (const std::uint64_t ticket : {1U, 2U, 3U})
        add(ticket);
    plays.end(boost::asio::error::eof);
    EXPECT_TRUE(reported.empty()) << "a handler runs later";
    io.run();
    EXPECT_EQ(reported, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(error, boost::asio::error::eof);
    EXPECT_FALSE(complete(1));
}
