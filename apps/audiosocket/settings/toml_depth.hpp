// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace audiosocket::app {

/// A position in a text, from 1.
struct text_place {
    unsigned line = 1;
    unsigned column = 1; ///< In code points, as toml++ counts.
};

/// The deepest nesting that is parsed. Settings need two levels, and a list of texts in a table three. toml++ parses
/// and frees nested values by recursion and does not limit dotted keys, so depth costs stack.
inline constexpr std::size_t toml_depth_max = 16;

/// Returns where a TOML text first nests deeper than toml_depth_max: brackets in brackets (arrays, inline tables, table
/// headers), or a key with more parts. Returns nothing if the text can be parsed.
///
/// Takes any bytes, in linear time and constant memory. For a text that is not TOML, it checks at least the part before
/// the first syntax error.
std::optional<text_place> too_deep_toml(std::string_view text) noexcept;

} // namespace audiosocket::app
