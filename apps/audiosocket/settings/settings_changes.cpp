// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_changes.hpp"

#include <set>
#include <utility>

namespace audiosocket::app {

settings_changes take_changes(settings_by_name& holding, const settings_by_name& read) {
    std::set<std::string> names;
    for (const settings_by_name* all : {&std::as_const(holding), &read})
        for (const auto& [name, value] : *all)
            names.insert(name);
    settings_changes changes;
    auto held = holding;
    for (const auto& name : names) {
        const auto before = held.find(name);
        const auto now = read.find(name);
        if (before != held.end() && now != read.end() && before->second.text == now->second.text) continue;
        if (!(now == read.end() ? before : now)->second.reloadable) {
            changes.need_restart.push_back(name);
            continue;
        }
        changes.taken.push_back(name);
        if (now == read.end())
            held.erase(name);
        else
            held[name] = now->second;
    }
    holding.swap(held);
    return changes;
}

std::string to_text(const settings_changes& changes) {
    if (changes.taken.empty()) return "nothing has changed; sound files were read again";
    return "changed: " + joined(changes.taken) + "; calls in progress keep their settings";
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

} // namespace audiosocket::app
