// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace audiosocket::app {

/// Removes a variable from the environment, so that child processes do not inherit it. Returns its value; nothing if it
/// is not set. Call it before there are threads.
std::optional<std::string> take_variable(const std::string& name);

} // namespace audiosocket::app
