// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace audiosocket::app {

/// Returns the text escaped for XML, also for attributes.
std::string xml_escaped(std::string_view text);

} // namespace audiosocket::app
