// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace audiosocket::app {

/// Returns JSON on one line, with plain numbers: Boost.JSON's own serializer writes 20.0 as 2E1. JSON has no infinity
/// and no "not a number"; they are written as null.
std::string to_text(const boost::json::value& value);

/// Rounds to three decimals: milliseconds to a microsecond, seconds to a millisecond.
double rounded(double number);

} // namespace audiosocket::app
