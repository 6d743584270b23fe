// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/runner.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace audiosocket::app::check {

/// The head of a report: what was tested, and what the server turned out to do.
std::string heading(const std::string& server, const target& t);

/// One case on one line, under the name of its group where that begins; a failed one on two.
std::string to_text(const case_result& r);

/// "44 passed, 1 failed, 8 skipped".
std::string sum(const std::vector<case_result>& results);

/// The cases themselves: numbers, names, what is expected, and why.
std::string list(const std::vector<conformance_case>& cases);
boost::json::array list_json(const std::vector<conformance_case>& cases);

/// `t` is null for a caller.
boost::json::object to_json(const std::string& server, const target* t, const std::vector<case_result>& results);

/// As CI systems read it.
std::string to_junit(const std::string& server, const std::vector<case_result>& results);

bool any_failed(const std::vector<case_result>& results);

} // namespace audiosocket::app::check
