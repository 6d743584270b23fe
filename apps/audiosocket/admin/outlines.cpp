// SPDX-License-Identifier: Apache-2.0
#include "admin/outlines.hpp"

#include <utility>

namespace audiosocket::app::admin {

void outlines::take(const std::shared_ptr<live_call>& call, handler done) {
    copy& known = copies_[call];
    if (known.waiting.empty() && clock::now() - known.made < young) return done(known.last);
    if (known.waiting.size() >= waiting_max) return; // the thread of the call hangs; the request stops waiting
    known.waiting.push_back(std::move(done));
    if (known.waiting.size() > 1) return;
    const auto fresh = std::make_shared<std::shared_ptr<const drawn>>();
    visit_calls(
        {call},
        [fresh](live_call& c, std::size_t) {
            if (const auto* seen = c.shown() ? c.shown()->drawn() : nullptr) *fresh = std::make_shared<drawn>(*seen);
        },
        back_, [this, key = call_key(call), fresh] { made(key, std::move(*fresh)); });
}

void outlines::made(const call_key& key, std::shared_ptr<const drawn> fresh) {
    copy& known = copies_[key];
    known.last = std::move(fresh);
    known.made = clock::now();
    const auto last = known.last; // copied, because a handler may change the table
    for (const auto& done : std::exchange(known.waiting, {}))
        done(last);
}

void outlines::sweep() {
    const auto now = clock::now();
    std::erase_if(copies_,
                  [now](const auto& one) { return one.second.waiting.empty() && now - one.second.made >= young; });
}

} // namespace audiosocket::app::admin
