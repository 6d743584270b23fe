// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::gateway {

/// A field of an HTTP request: name and value.
using header_field = std::pair<std::string, std::string>;

/// Takes a key out of a text: one line of printable characters. Throws failure (usage), which calls it by `name` and
/// does not quote it.
std::string parse_key(const std::string& text, const std::string& name = "API key");

/// Reads a key, as parse_key(). Throws failure (file), which names the file.
std::string read_key_file(const std::string& file, const std::string& name = "API key");

/// Takes "Name: value" apart, whose value may have placeholders. Throws failure (usage), which does not quote the
/// value.
header_field parse_header(const std::string& text);

/// Reads fields, a line each; empty lines, and those that begin with #, are left out. Throws failure (file), which
/// names the line and does not quote it.
std::vector<header_field> read_header_file(const std::string& file);

} // namespace audiosocket::app::gateway
