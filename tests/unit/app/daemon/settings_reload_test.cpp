// SPDX-License-Identifier: Apache-2.0
#include "daemon/settings_reload.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

using namespace audiosocket::app;

namespace {

class settings_reload_in_background : public testing::Test {
  protected:
    // Runs the main thread until this many readings have ended.
    void run_until(std::size_t outcomes) {
        while (outcomes_.size() < outcomes)
            main_.run_one();
    }

    boost::asio::io_context main_{1};
    disk_thread disk_;
    std::atomic<int> readings_ = 0;
    std::vector<settings_reload::outcome> outcomes_;
    settings_reload reload_{main_, disk_,
                            [this] {
                                if (++readings_ == 2) throw std::runtime_error("port: 12x is not a number");
                                daemon_options fresh;
                                fresh.exit_after = static_cast<std::size_t>(readings_);
                                return fresh;
                            },
                            [this](const auto& o) { outcomes_.push_back(*o); }};

  private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{main_.get_executor()};
};

} // namespace

TEST_F(settings_reload_in_background, outcome_has_the_new_settings) {
    EXPECT_TRUE(reload_.start());
    run_until(1);
    ASSERT_TRUE(outcomes_.front().fresh);
    EXPECT_EQ(outcomes_.front().fresh->exit_after, 1U);
    EXPECT_FALSE(outcomes_.front().asked_again);
}

TEST_F(settings_reload_in_background, mistakes_are_reported_and_the_next_reading_is_a_new_one) {
    reload_.start();
    run_until(1);
    EXPECT_TRUE(reload_.start());
    run_until(2);
    EXPECT_FALSE(outcomes_[1].fresh);
    EXPECT_EQ(outcomes_[1].mistakes, "port: 12x is not a number");
    EXPECT_TRUE(reload_.start());
    run_until(3);
    EXPECT_TRUE(outcomes_[2].fresh);
    EXPECT_EQ(outcomes_[2].mistakes, "");
}

TEST_F(settings_reload_in_background, reading_in_progress_says_that_it_was_asked_again) {
    EXPECT_TRUE(reload_.start());
    EXPECT_FALSE(reload_.start());
    EXPECT_FALSE(reload_.start());
    run_until(1);
    EXPECT_TRUE(outcomes_.front().asked_again);
    EXPECT_EQ(readings_, 1);
    EXPECT_TRUE(reload_.start());
    run_until(2);
    EXPECT_FALSE(outcomes_[1].asked_again);
}

TEST(settings_reload, without_a_reader_there_is_nothing_to_read) {
    boost::asio::io_context main{1};
    disk_thread disk;
    EXPECT_FALSE(settings_reload(main, disk, {}, [](const auto&) {}));
}
