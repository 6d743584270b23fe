// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace audiosocket::app {

/// JSON on one line, with numbers as people write them: Boost.JSON's own serializer makes 2E1 of 20.
std::string to_text(const boost::json::value& value);

/// Rounded to three decimals: a microsecond of milliseconds, a millisecond of seconds.
double rounded(double number);

} // namespace audiosocket::app
