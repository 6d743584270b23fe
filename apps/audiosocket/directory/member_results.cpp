// SPDX-License-Identifier: Apache-2.0
#include "directory/member.hpp"

namespace audiosocket::app::directory {

std::vector<member::known_node> member::nodes(time_point now) const {
    std::vector<known_node> all;
    auto own = facts_;
    own.waiting = contexts_ ? contexts_->counts(now).entries : 0;
    all.push_back({options_.node, own, true});
    for (const auto& [node, p] : peers_.all()) {
        const auto state = peers_.state_of(p, now);
        if (!state) continue;
        all.push_back({node, p.facts, false});
        all.back().facts.state = *state;
        all.back().facts.calls = p.calls.size();
    }
    return all;
}

std::vector<member::known_call> member::calls_of(const node_id& node, time_point now) const {
    std::vector<known_call> all;
    const auto found = peers_.all().find(node);
    if (found == peers_.all().end() || !peers_.state_of(found->second, now)) return all;
    all.reserve(found->second.calls.size());
    for (const auto& [id, call] : found->second.calls)
        all.push_back({node, id, call.facts});
    return all;
}

std::vector<member::known_call> member::find_elsewhere(const uuid& id, time_point now) const {
    std::vector<known_call> all;
    for (const auto& [node, p] : peers_.all())
        if (const auto found = p.calls.find(id); found != p.calls.end() && peers_.state_of(p, now))
            all.push_back({node, id, found->second.facts});
    return all;
}

} // namespace audiosocket::app::directory
