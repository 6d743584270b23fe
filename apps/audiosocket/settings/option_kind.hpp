// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings/settings_file.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

/// \file
/// The kind of value that an option of CLI11 takes, as far as settings from elsewhere need it.

namespace audiosocket::app {

enum class option_kind { flag, whole_number, number, path, text };

/// Returns the kind by the type name that --help shows: `N`, `SECONDS`, `HZ`, `FILE`, `DIR`; anything else is text.
option_kind kind_of(const CLI::Option& option);

/// Returns whether the option may be given more than once.
bool takes_several(const CLI::Option& option);

/// Returns the name without dashes; empty if there is no long name.
std::string long_name(const CLI::Option& option);

/// Returns the options of a verb that can be set from elsewhere: all except --help and those of `settings`.
std::vector<CLI::Option*> settable_options(CLI::App& verb);

/// Returns one of them by name, or nullptr.
CLI::Option* settable_option(CLI::App& verb, const std::string& name);

/// Returns what is wrong with the type of a value in a file; nothing if it is right.
std::optional<std::string> type_mistake(const CLI::Option& option, const file_setting& value);

/// Returns what is wrong with a text for a number; nothing if it is right, or if the option is not a number.
std::optional<std::string> number_mistake(const CLI::Option& option, const std::string& text);

/// Returns an error of CLI11 in the form of all our messages: the value in quotes, then what is expected. `Value 0 not
/// in range 1.000000 to 64.000000` becomes `"0": expected 1 to 64`, `x not in {a,b}` becomes `"x": expected a or b`.
/// Any other text is returned unchanged.
std::string in_one_form(const std::string& cli11);

/// Returns a value as TOML.
std::string as_toml(const CLI::Option& option, const std::vector<std::string>& values);

/// Returns the name in the list that was probably meant; empty if none is similar.
std::string nearest(const std::string& name, const std::vector<std::string>& names);

} // namespace audiosocket::app
