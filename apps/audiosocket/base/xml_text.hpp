// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace audiosocket::app {

/// Text as it may stand in XML, in an attribute as well.
std::string xml_escaped(std::string_view text);

} // namespace audiosocket::app
