// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace audiosocket::app {

/// The value of an option that is in force.
struct setting_value {
    std::string text;        ///< As TOML, with whole paths.
    bool reloadable = false; ///< A running server takes a new value over, see settings::reloadable().

    bool operator==(const setting_value&) const = default;
};

/// By the option's name without dashes.
using settings_by_name = std::map<std::string, setting_value>;

} // namespace audiosocket::app
