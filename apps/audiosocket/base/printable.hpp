// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace audiosocket::app {

/// Returns text from outside (a peer, a file name, a file) as one line that is safe for a terminal and a log. Control
/// characters and marks that change the direction of text become `\n`, `\t`, `\x1b` or `\u202e`; bytes that are not
/// UTF-8 become `\xff`. Everything else is unchanged.
std::string printable(std::string_view text);

/// Returns whether text from outside is UTF-8, as JSON, TOML and WebSocket require.
bool is_utf8(std::string_view text);

} // namespace audiosocket::app
