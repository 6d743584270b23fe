#include "audiosocket/admin/audience.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app::admin {

// Null where there is no room for it.
audience::spectators* audience::find(const std::shared_ptr<served_call>& call) {
    const auto found = looked_at_.find(call.get());
    if (found != looked_at_.end()) {
        // Another call may have come to where one that is over has been.
        if (found->second.call.lock() != call) found->second = {call, {}, {}};
        return &found->second;
    }
    if (looked_at_.size() >= levels_max + outlines_max) return nullptr;
    return &looked_at_.emplace(call.get(), spectators{call, {}, {}}).first->second;
}

void audience::look_at_levels(std::span<const std::weak_ptr<served_call>> calls) {
    const auto now = clock::now();
    auto looked_at = static_cast<std::size_t>(
        std::ranges::count_if(looked_at_, [&](const auto& one) { return one.second.levels_until > now; }));
    call_list fresh;
    for (const auto& one : calls) {
        const auto call = one.lock();
        auto* seen = call ? find(call) : nullptr;
        if (!seen) continue;
        if (seen->levels_until <= now && looked_at++ >= levels_max) continue;
        if (std::exchange(seen->levels_until, now + attention) == time_point{}) fresh.push_back(call);
    }
    measure(std::move(fresh), false);
}

bool audience::look_at_outline(const std::shared_ptr<served_call>& call) {
    const auto now = clock::now();
    const auto others = std::ranges::count_if(
        looked_at_, [&](const auto& one) { return one.first != call.get() && one.second.outline_until > now; });
    auto* seen = static_cast<std::size_t>(others) < outlines_max ? find(call) : nullptr;
    if (!seen) return false;
    if (std::exchange(seen->outline_until, now + attention) == time_point{}) measure({call}, true);
    return true;
}

void audience::measure(call_list calls, bool outline) {
    if (calls.empty()) return;
    visit_calls(
        std::move(calls),
        [outline](served_call& c, std::size_t) {
            if (!c.shown()) c.show(std::make_shared<call_sound>());
            if (outline) c.shown()->draw(true);
        },
        back_, [] {});
}

void audience::sweep() {
    const auto now = clock::now();
    call_list unseen;
    call_list unwatched;
    for (auto at = looked_at_.begin(); at != looked_at_.end();) {
        spectators& s = at->second;
        const auto call = s.call.lock();
        const bool levels = s.levels_until > now;
        const bool outline = s.outline_until > now;
        if (call && outline) {
            ++at; // which is levels as well
            continue;
        }
        if (call && std::exchange(s.outline_until, {}) != time_point{} && levels) unwatched.push_back(call);
        if (call && levels) {
            ++at;
            continue;
        }
        if (call) unseen.push_back(call);
        at = looked_at_.erase(at);
    }
    if (!unseen.empty())
        visit_calls(
            std::move(unseen), [](served_call& c, std::size_t) { c.show(nullptr); }, back_, [] {});
    if (!unwatched.empty())
        visit_calls(
            std::move(unwatched),
            [](served_call& c, std::size_t) {
                if (c.shown()) c.shown()->draw(false);
            },
            back_, [] {});
}

} // namespace audiosocket::app::admin
