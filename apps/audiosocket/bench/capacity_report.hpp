// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/capacity.hpp"
#include "bench/report.hpp"

namespace audiosocket::app::bench {

/// Return a heading, and a line for each step below it.
std::string capacity_heading(const subject& what);
std::string to_text(const capacity::tried& one);

/// Returns the result, and what limits it.
std::string to_text(const capacity& found, const bounds& allowed);
boost::json::object to_json(const subject& what, const capacity& found);

} // namespace audiosocket::app::bench
