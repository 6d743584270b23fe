// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings/setting_value.hpp"

#include <string>
#include <vector>

namespace audiosocket::app {

/// The differences after settings were read again.
struct settings_changes {
    std::vector<std::string> taken;        ///< Names of the settings with a new value.
    std::vector<std::string> need_restart; ///< Names of the settings that the running server cannot change.
};

/// Compares the values in effect with new values. Copies a new value into `holding` if the setting is reloadable; a
/// setting that needs a restart keeps its old value there. After an exception, `holding` is as before.
settings_changes take_changes(settings_by_name& holding, const settings_by_name& read);

/// Returns "changed: play, tone; calls in progress keep their settings", or that nothing has changed.
std::string to_text(const settings_changes& changes);

/// Returns "a, b, c".
std::string joined(const std::vector<std::string>& names);

} // namespace audiosocket::app
