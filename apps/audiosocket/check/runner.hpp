// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/conformance_case.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace audiosocket::app::check {

enum class outcome { passed, failed, skipped };

/// What became of a case.
struct case_result {
    conformance_case of;
    outcome result = outcome::skipped;
    std::string seen; ///< Or why it was skipped.
    nanoseconds took{};
};

/// Is told of each case when it has ended (in order of their numbers, later ones waiting for earlier ones), with the
/// number of cases still to come.
using result_handler = std::function<void(const case_result&, std::size_t left)>;

/// What became of a case whose body this is.
case_result result_of(const conformance_case& c, const std::function<std::string()>& body);

/// Runs these cases against the server: those that measure one after the other, the others `jobs` at a time, those that
/// end the server last. Returns them in order.
std::vector<case_result> run(const std::vector<conformance_case>& cases, const target& t, std::size_t jobs,
                             const result_handler& on_result);

} // namespace audiosocket::app::check
