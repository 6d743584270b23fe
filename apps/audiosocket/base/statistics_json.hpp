// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_statistics.hpp>

#include <boost/json/object.hpp>

namespace audiosocket::app {

/// Returns the counters of a call under their own names; durations in milliseconds.
boost::json::object to_json(const call_statistics& s);

} // namespace audiosocket::app
