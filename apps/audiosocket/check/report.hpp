// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/runner.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace audiosocket::app::check {

/// Returns the head of a report: what was tested, and what the server does.
std::string heading(const std::string& server, const target& t);

/// Returns one case on one line, after the name of its group if it is the first of it; a failed case takes two lines.
std::string to_text(const case_result& r);

/// Returns "44 passed, 1 failed, 8 skipped".
std::string sum(const std::vector<case_result>& results);

/// Returns the list of cases: numbers, names, what is expected, and why.
std::string list(const std::vector<conformance_case>& cases);
boost::json::array list_json(const std::vector<conformance_case>& cases);

/// `t` is null for a caller.
boost::json::object to_json(const std::string& server, const target* t, const std::vector<case_result>& results);

/// Returns the report as JUnit XML for CI systems.
std::string to_junit(const std::string& server, const std::vector<case_result>& results);

bool any_failed(const std::vector<case_result>& results);

} // namespace audiosocket::app::check
