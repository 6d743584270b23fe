// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/report.hpp"

#include <string>

namespace audiosocket::app::bench {

/// Returns the distributions of a measurement as an SVG picture: for each share of all values (50 %, 90 %, 99 % ...)
/// the value that it does not exceed. Both axes are logarithmic, so that rare late frames are visible beside the usual
/// ones.
std::string draw_svg(const subject& what, const measurement& m);

} // namespace audiosocket::app::bench
