// SPDX-License-Identifier: Apache-2.0
#include "admin/observers.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// A message to many calls is sent in pieces, each after the one before it was handled. So the message that ends an
// observation may arrive after a newer message that begins one. It therefore names the levels that it removes, and
// leaves those of the newer observation.

namespace audiosocket::app::admin {

// Ended calls take no place of a call in progress.
void observers::forget_ended() {
    std::erase_if(looked_at_, [](const auto& one) { return one.first.expired(); });
}

// Counts the observed calls except `than`.
std::size_t observers::others(const call_key& than, time_point observation::*until, time_point now) const {
    const auto is_other = [&](const auto& one) {
        return one.second.*until > now && (one.first.owner_before(than) || than.owner_before(one.first));
    };
    return static_cast<std::size_t>(std::ranges::count_if(looked_at_, is_other));
}

void observers::look_at_levels(std::span<const std::weak_ptr<live_call>> calls) {
    forget_ended();
    const auto now = clock::now();
    auto looked_at = others({}, &observation::levels_until, now);
    measured fresh;
    for (const auto& one : calls) {
        auto call = one.lock();
        if (!call) continue;
        const auto known = looked_at_.find(call);
        const bool is_measured = known != looked_at_.end() && known->second.levels_until > now;
        if (!is_measured && looked_at >= limits_.levels_max) continue;
        if (!is_measured) ++looked_at;
        auto& seen = looked_at_[call];
        if (std::exchange(seen.levels_until, now + limits_.attention) != time_point{}) continue;
        fresh.sounds.push_back(seen.sound);
        fresh.calls.push_back(std::move(call));
    }
    measure(std::move(fresh), false);
}

bool observers::look_at_outline(const std::shared_ptr<live_call>& call) {
    forget_ended();
    const auto now = clock::now();
    if (others(call, &observation::outline_until, now) >= limits_.outlines_max) return false;
    auto& seen = looked_at_[call];
    if (std::exchange(seen.outline_until, now + limits_.attention) == time_point{})
        measure({{seen.sound}, {call}}, true);
    return true;
}

void observers::measure(measured fresh, bool outline) {
    if (fresh.calls.empty()) return;
    visit_calls(
        std::move(fresh.calls),
        [outline, sounds = std::move(fresh.sounds)](live_call& c, std::size_t n) {
            if (c.shown() != sounds[n]) c.show(sounds[n]);
            if (outline) sounds[n]->draw(true);
        },
        back_, [] {});
}

void observers::sweep() {
    forget_ended();
    const auto now = clock::now();
    measured unseen;
    measured unwatched;
    for (auto at = looked_at_.begin(); at != looked_at_.end();) {
        observation& s = at->second;
        const bool levels = s.levels_until > now;
        const bool outline = s.outline_until > now; // which includes levels
        const bool lapsed = !outline && std::exchange(s.outline_until, {}) != time_point{};
        if (outline || (levels && !lapsed)) {
            ++at;
            continue;
        }
        if (auto call = at->first.lock()) {
            measured& which = levels ? unwatched : unseen;
            which.sounds.push_back(s.sound);
            which.calls.push_back(std::move(call));
        }
        at = levels ? std::next(at) : looked_at_.erase(at);
    }
    if (!unseen.calls.empty()) {
        visit_calls(
            std::move(unseen.calls),
            [sounds = std::move(unseen.sounds)](live_call& c, std::size_t n) {
                if (c.shown() == sounds[n]) c.show(nullptr);
            },
            back_, [] {});
    }
    if (!unwatched.calls.empty()) {
        visit_calls(
            std::move(unwatched.calls),
            [sounds = std::move(unwatched.sounds)](live_call&, std::size_t n) { sounds[n]->draw(false); }, back_,
            [] {});
    }
}

} // namespace audiosocket::app::admin
