// SPDX-License-Identifier: Apache-2.0
#include "base/file_limit.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace audiosocket::app {
namespace {

struct file_limits : testing::Test {
    file_limits() { getrlimit(RLIMIT_NOFILE, &before); }
    ~file_limits() override { setrlimit(RLIMIT_NOFILE, &before); }

    void set_limit(rlim_t now) const {
        const rlimit limit{now, before.rlim_max};
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }

    rlimit before{};
};

TEST_F(file_limits, limit_is_raised_to_what_is_wanted) {
    ASSERT_GE(file_limit_max(), 101U);
    set_limit(100);
    EXPECT_EQ(file_limit(), 100U);
    EXPECT_EQ(raise_file_limit(101), 101U);
    EXPECT_EQ(file_limit(), 101U);
}

TEST_F(file_limits, limit_is_never_lowered) {
    set_limit(100);
    EXPECT_EQ(raise_file_limit(50), 100U);
    EXPECT_EQ(file_limit(), 100U);
}

TEST_F(file_limits, limit_is_raised_at_most_as_far_as_the_system_allows) {
    set_limit(100);
    EXPECT_EQ(raise_file_limit(), before.rlim_max);
    set_limit(100);
    EXPECT_EQ(raise_file_limit(static_cast<std::size_t>(before.rlim_max) + 1), before.rlim_max);
}

} // namespace
} // namespace audiosocket::app
