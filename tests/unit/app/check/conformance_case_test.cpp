// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::check {
namespace {

// Several files hold the cases. Each must exist once, in the order of the protocol document.
TEST(all_cases, numbers_are_1_to_60_in_order) {
    const auto all = all_cases();
    ASSERT_EQ(all.size(), 60U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].number, static_cast<int>(i) + 1);
        EXPECT_NE(all[i].run, nullptr) << all[i].number;
    }
}

TEST(load_cases, only_sigterm_ends_the_server) {
    for (const auto& c : load_cases())
        EXPECT_EQ(c.how == course::last, c.number == 49) << c.number;
}

} // namespace
} // namespace audiosocket::app::check
