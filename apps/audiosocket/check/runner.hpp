// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/conformance_case.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace audiosocket::app::check {

enum class outcome { passed, failed, skipped };

/// The result of a case.
struct case_result {
    conformance_case of;
    outcome result = outcome::skipped;
    std::string seen; ///< What was seen, or why it was skipped.
    nanoseconds took{};
};

/// Called for each case when it has ended, in the order of their numbers, with the number of cases still to come.
using result_handler = std::function<void(const case_result&, std::size_t left)>;

/// Runs the body of this case and returns its result.
case_result result_of(const conformance_case& c, const std::function<std::string()>& body);

/// Runs these cases against the server: those that measure run one after the other, the others `jobs` at a time, and
/// those that end the server last. Returns the results in order.
std::vector<case_result> run(const std::vector<conformance_case>& cases, const target& t, std::size_t jobs,
                             const result_handler& on_result);

} // namespace audiosocket::app::check
