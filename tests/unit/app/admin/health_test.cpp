// SPDX-License-Identifier: Apache-2.0
#include "admin/health.hpp"

#include "unit/app/admin/admin_server.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app;
using namespace audiosocket::app::admin;
using namespace audiosocket::test;

namespace {

class admin_health : public testing::Test {
  protected:
    void ask(int times = 1) {
        for (int n = 0; n < times; ++n)
            health_.ask([this](const response& r) { told.push_back(r.status); });
    }

    // How many messages the threads of the server had.
    std::size_t run_server() {
        server_.main_context().restart();
        return server_.main_context().poll();
    }

    void run_back(std::chrono::milliseconds time) {
        back_->restart();
        back_->run_for(time);
    }

    std::vector<unsigned> told;

  private:
    idle_server server_;
    const back_context back_ = std::make_shared<boost::asio::io_context>(1);
    health health_{server_, back_};
};

constexpr std::chrono::milliseconds moment{10};

} // namespace

TEST_F(admin_health, threads_that_answer_are_well) {
    ask();
    run_server();
    run_back(moment);
    EXPECT_EQ(told, std::vector{200U});
}

// Each question had been sent to every thread of the calls, and anybody may ask.
TEST_F(admin_health, many_who_ask_cost_the_threads_one_question) {
    ask(1000);
    EXPECT_EQ(run_server(), 2U); // as a thread of calls, and as the main one
    run_back(moment);
    EXPECT_EQ(told, std::vector(1000, 200U));
    ask();
    EXPECT_EQ(run_server(), 0U) << "asked again for what is known";
    EXPECT_EQ(told.size(), 1001U);
}

TEST_F(admin_health, thread_that_stands_still_is_told_in_time_and_not_asked_again) {
    ask(2);
    run_back(health::patience + std::chrono::milliseconds(100));
    EXPECT_EQ(told, (std::vector{503U, 503U}));
    ask();
    EXPECT_EQ(told.size(), 3U) << "waited again";
    EXPECT_EQ(run_server(), 2U);
    run_back(moment);
    ask();
    EXPECT_EQ(told, (std::vector{503U, 503U, 503U, 200U}));
}
