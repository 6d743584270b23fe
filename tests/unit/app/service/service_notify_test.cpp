// SPDX-License-Identifier: Apache-2.0
#include "service/service_notify.hpp"

#include "support/manager_socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

using namespace audiosocket::app;
using audiosocket::test::manager_socket;
using namespace std::chrono_literals;

namespace {

// Sets the variables that a service manager sets.
class service_notify_in : public testing::Test {
  protected:
    service_notify take(const std::string& socket, const char* interval = "", const std::string& watched = "") {
        setenv("NOTIFY_SOCKET", socket.c_str(), 1);
        setenv("WATCHDOG_USEC", interval, 1);
        setenv("WATCHDOG_PID", watched.c_str(), 1);
        return service_notify::take();
    }

    manager_socket manager{"@audiosocket-unit-" + std::to_string(getpid())};
};

} // namespace

TEST_F(service_notify_in, each_state_is_one_message) {
    auto n = take(manager.name());
    EXPECT_FALSE(n.ready("here", false));
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=here");
    EXPECT_FALSE(n.ready("here", true));
    EXPECT_EQ(manager.next(), "MAINPID=" + std::to_string(getpid()) + "\nREADY=1\nSTATUS=here");
    EXPECT_FALSE(n.status("3 up"));
    EXPECT_EQ(manager.next(), "STATUS=3 up");
    EXPECT_FALSE(n.alive());
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    EXPECT_FALSE(n.stopping("soon"));
    EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=soon");
    EXPECT_FALSE(n.reloading());
    const auto text = manager.next().value_or("");
    const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
    ASSERT_TRUE(text.starts_with(begin)) << text;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    EXPECT_LT(std::chrono::abs(now - std::chrono::microseconds(std::stoll(text.substr(begin.size())))), 10s);
}

TEST_F(service_notify_in, nothing_is_left_for_those_whom_we_start_but_what_a_successor_needs) {
    const auto n = take(manager.name(), "3000000", std::to_string(getpid()));
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(getenv(name), nullptr) << name;
    EXPECT_EQ(n.environment(), (std::vector<std::string>{"NOTIFY_SOCKET=" + manager.name(), "WATCHDOG_USEC=3000000"}));
}

TEST_F(service_notify_in, watchdog_is_for_the_process_that_it_names) {
    EXPECT_EQ(take("", "3000000").watchdog_interval(), 3s);
    EXPECT_EQ(take("", "3000000", std::to_string(getpid())).watchdog_interval(), 3s);
    EXPECT_EQ(take("", "3000000", "1").watchdog_interval(), std::nullopt);
    for (const char* nonsense : {"", "0", "-5", "3s", "99999999999999999999999"})
        EXPECT_EQ(take("", nonsense).watchdog_interval(), std::nullopt) << nonsense;
}

TEST_F(service_notify_in, retired_process_says_nothing_more) {
    auto n = take(manager.name());
    n.retire();
    EXPECT_FALSE(n.alive());
    EXPECT_FALSE(take(manager.name()).status("first"));
    EXPECT_EQ(manager.next(), "STATUS=first");
}

TEST_F(service_notify_in, sockets_that_are_none_are_an_error_and_no_harm) {
    EXPECT_TRUE(take("/nonexistent/notify").alive());
    EXPECT_EQ(take("notify").alive(), std::errc::invalid_argument);
    EXPECT_EQ(take("/" + std::string(200, 'x')).alive(), std::errc::invalid_argument);
    EXPECT_FALSE(take("").alive()); // no manager
}
