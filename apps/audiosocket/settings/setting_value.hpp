// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace audiosocket::app {

/// The value of an option in effect.
struct setting_value {
    std::string text;        ///< As TOML, with absolute paths.
    bool reloadable = false; ///< A running server adopts a new value, see settings::reloadable().

    bool operator==(const setting_value&) const = default;
};

/// By the option's name without dashes.
using settings_by_name = std::map<std::string, setting_value>;

} // namespace audiosocket::app
