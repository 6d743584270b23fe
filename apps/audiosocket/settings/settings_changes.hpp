#pragma once

#include <map>
#include <string>
#include <vector>

namespace audiosocket::app {

/// What is other than before in settings that were read again.
struct settings_changes {
    std::vector<std::string> taken;        ///< Names of what holds from now on.
    std::vector<std::string> need_restart; ///< Names of what the running server cannot change.
};

using settings_by_name = std::map<std::string, std::string>;

/// Compares what holds with what was read. `holding` becomes what holds then: of what needs a restart the old value.
settings_changes take_changes(settings_by_name& holding, const settings_by_name& read);

/// "changed: play, tone; calls that are up go on as they began", or that nothing has.
std::string to_text(const settings_changes& changes);

/// "a, b, c".
std::string joined(const std::vector<std::string>& names);

} // namespace audiosocket::app
