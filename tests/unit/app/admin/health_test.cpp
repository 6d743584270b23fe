// SPDX-License-Identifier: Apache-2.0
#include "admin/health.hpp"

#include "unit/app/admin/admin_server.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app;
using namespace audiosocket::app::admin;
using namespace audiosocket::test;

namespace {

// The test is the thread of the server, and decides when a second has passed.
class admin_health : public testing::Test {
  protected:
    void look(std::size_t times) {
        for (std::size_t n = 0; n < times; ++n)
            health_.look();
    }

    // Returns how many messages the server's thread received.
    std::size_t run_server() {
        server_.main_context().restart();
        return server_.main_context().poll();
    }

    response verdict() const { return health_.verdict(); }

  private:
    idle_server server_;
    health health_{server_};
};

} // namespace

TEST_F(admin_health, server_that_has_just_started_is_well) {
    EXPECT_EQ(verdict().status, 200U);
    look(1);
    EXPECT_EQ(verdict().status, 200U);
}

TEST_F(admin_health, threads_that_answer_are_well_and_get_one_question_each) {
    for (int i = 0; i < 10; ++i) {
        look(1);
        EXPECT_EQ(run_server(), 1U);
        EXPECT_EQ(verdict().status, 200U);
    }
}

// An answer after some seconds comes from a busy thread. A supervisor that restarts the server would end its calls.
TEST_F(admin_health, thread_that_is_late_is_not_stuck) {
    look(1);
    for (int i = 0; i < 3; ++i) {
        look(health::stuck_after - 1);
        EXPECT_EQ(verdict().status, 200U);
        EXPECT_EQ(run_server(), 1U);
        look(1);
    }
}

TEST_F(admin_health, thread_that_stands_still_is_stuck_until_it_goes_on) {
    look(1 + health::stuck_after);
    EXPECT_EQ(verdict().status, 503U);
    EXPECT_EQ(verdict().body,
              "stuck: for 5 s, thread 1 of 1 of the calls has not answered, and no call on it was served\n");
    look(2);
    EXPECT_EQ(verdict().status, 503U);
    EXPECT_EQ(run_server(), 1U);
    look(1);
    EXPECT_EQ(verdict().status, 200U);
    EXPECT_EQ(verdict().body, "ok\n");
}
