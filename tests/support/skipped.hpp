// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cerrno> // program_invocation_short_name
#include <iostream>
#include <string>

namespace audiosocket::test {

/// Prints the line that tools/test shows for a skipped test, and returns the reason:
/// `GTEST_SKIP() << skipped("chromium is missing")`.
inline std::string skipped(const std::string& why) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::cout << "SKIPPED " << program_invocation_short_name << '.' << test->test_suite_name() << '.' << test->name()
              << ": " << why << '\n';
    return why;
}

} // namespace audiosocket::test
