// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/uuid.hpp>

#include <string>

namespace audiosocket::app {

/// Returns the name, without a suffix, of a file about a call of this id that starts now: ID-TIME, with the time in
/// UTC. Names are not unique: two calls with one id may start in one millisecond.
std::string call_file_name(const uuid& id);

} // namespace audiosocket::app
