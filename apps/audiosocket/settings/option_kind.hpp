// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings/settings_file.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

/// \file
/// What an option of CLI11 takes, as far as settings from elsewhere have to know it.

namespace audiosocket::app {

enum class option_kind { flag, whole_number, number, path, text };

/// By the type name that --help shows: `N`, `SECONDS`, `HZ`, `FILE`, `DIR`; anything else is text.
option_kind kind_of(const CLI::Option& option);

/// Whether it may be given more than once.
bool takes_several(const CLI::Option& option);

/// Its name without dashes; empty if it has no long one.
std::string long_name(const CLI::Option& option);

/// The options of a verb that can be set from elsewhere: all but --help and what settings adds.
std::vector<CLI::Option*> settable_options(CLI::App& verb);

/// One of them by name, or nullptr.
CLI::Option* settable_option(CLI::App& verb, const std::string& name);

/// What is wrong with the type of a value in a file; nothing if it is right.
std::optional<std::string> type_mistake(const CLI::Option& option, const file_setting& value);

/// What is wrong with a text where a number is wanted; nothing if it is right, or wanted otherwise.
std::optional<std::string> number_mistake(const CLI::Option& option, const std::string& text);

/// What CLI11 says of a value, in the form of all our messages: the value in quotes, then what is expected.
/// `Value 0 not in range 1.000000 to 64.000000` is `"0": expected 1 to 64`, `x not in {a,b}` is `"x": expected a or b`.
/// Any other text stays as it is.
std::string in_one_form(const std::string& cli11);

/// A value as TOML.
std::string as_toml(const CLI::Option& option, const std::vector<std::string>& values);

/// The name that was probably meant, of these; empty if none is near.
std::string nearest(const std::string& name, const std::vector<std::string>& names);

} // namespace audiosocket::app
