// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace audiosocket::app {

/// Text from outside (a peer, a file name, a file) as one line that a terminal and a log can bear: control characters
/// and marks that turn the direction of text become `\n`, `\t`, `\x1b` or `\u202e`, bytes that are no UTF-8 `\xff`. All
/// else stays as it is.
std::string printable(std::string_view text);

} // namespace audiosocket::app
