#include "settings/settings_changes.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace audiosocket::app {
namespace {

// What server::apply() does change. All else was asked of the system, or of the library, once and for all when the
// server started; an option that is not named here is not promised.
constexpr std::array<std::string_view, 18> changeable{
    "play",           "loop",   "then-hangup",   "tone",       "echo",      "requests",
    "barge-in",       "record", "input-format",  "id-timeout", "max-calls", "max-calls-per-host",
    "max-handshakes", "allow",  "drain-timeout", "quiet",      "verbose",   "log-format"};

} // namespace

settings_changes take_changes(settings_by_name& holding, const settings_by_name& read) {
    std::set<std::string> names;
    for (const settings_by_name* all : {&std::as_const(holding), &read})
        for (const auto& [name, value] : *all)
            names.insert(name);
    settings_changes changes;
    for (const auto& name : names) {
        const auto before = holding.find(name);
        const auto now = read.find(name);
        if (before != holding.end() && now != read.end() && before->second == now->second) continue;
        if (std::ranges::find(changeable, name) == changeable.end()) {
            changes.need_restart.push_back(name);
            continue;
        }
        changes.taken.push_back(name);
        if (now == read.end())
            holding.erase(name);
        else
            holding[name] = now->second;
    }
    return changes;
}

std::string to_text(const settings_changes& changes) {
    if (changes.taken.empty()) return "none has changed; sound files were read anew";
    return "changed: " + joined(changes.taken) + "; calls that are up go on as they began";
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

} // namespace audiosocket::app
