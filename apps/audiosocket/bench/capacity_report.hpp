// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/capacity.hpp"
#include "bench/report.hpp"

namespace audiosocket::app::bench {

/// A step in a line, as it is done, below a heading.
std::string capacity_heading(const subject& what);
std::string to_text(const capacity::tried& one);

/// The answer, and what it was bounded by.
std::string to_text(const capacity& found, const bounds& allowed);
boost::json::object to_json(const subject& what, const capacity& found);

} // namespace audiosocket::app::bench
