// SPDX-License-Identifier: Apache-2.0
#include "net/turn_wheel.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace audiosocket::detail {

void turn_link::unlink() noexcept {
    after->before = before;
    before->after = after;
    after = before = this;
}

void turn_link::insert_before(turn_link& other) noexcept {
    after = &other;
    before = other.before;
    before->after = this;
    other.before = this;
}

void turn_wheel::enter(turn_link& who, tick_number at) noexcept {
    assert(who.alone());
    const tick_number t = std::clamp(at, now_ + 1, now_ + slot_count - 1);
    who.insert_before(slots_[index(t)]);
    occupied_ |= bit(t);
}

void turn_wheel::collect(tick_number until, turn_link& due) noexcept {
    const auto last = std::min(until, now_ + slot_count);
    for (tick_number t = now_ + 1; t <= last; ++t) {
        turn_link& slot = slots_[index(t)];
        while (!slot.alone()) {
            turn_link& first = *slot.after;
            first.unlink();
            first.insert_before(due);
        }
        occupied_ &= ~bit(t);
    }
    now_ = std::max(now_, until);
}

std::optional<turn_wheel::tick_number> turn_wheel::first() noexcept {
    while (occupied_ != 0) {
        const auto ahead = std::countr_zero(std::rotr(occupied_, static_cast<int>(index(now_ + 1))));
        const tick_number t = now_ + 1 + ahead;
        if (!slots_[index(t)].alone()) return t;
        occupied_ &= ~bit(t);
    }
    return std::nullopt;
}

} // namespace audiosocket::detail
