// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::detail {

/// A link of a circular list. A link that is not in a list is a circle of its own.
struct turn_link {
    turn_link() = default;
    turn_link(const turn_link&) = delete;
    turn_link& operator=(const turn_link&) = delete;
    ~turn_link() { unlink(); }

    bool alone() const noexcept { return after == this; }
    void unlink() noexcept;
    void insert_before(turn_link& other) noexcept;

    turn_link* after = this;
    turn_link* before = this;
};

/// Says which entries are due at which of the next 63 ticks: a circle of slots, one for each tick, each with a list of
/// links. Entering and leaving change only a few pointers, and nothing is ever allocated.
///
/// Invariant: every entry is in the slot of a tick after now(), less than one round ahead.
class turn_wheel {
  public:
    using tick_number = std::int64_t;

    /// Returns the tick that was collected last.
    tick_number now() const noexcept { return now_; }

    bool empty() noexcept { return !first(); }

    /// Enters a link for this tick, or for the nearest possible tick. It must not be in a list.
    void enter(turn_link& who, tick_number at) noexcept;

    /// Moves the entries of all ticks up to `until` to the end of `due`, in their order.
    void collect(tick_number until, turn_link& due) noexcept;

    /// Returns the first tick that has an entry.
    std::optional<tick_number> first() noexcept;

  private:
    static constexpr tick_number slot_count = 64; // one for each bit of occupied_

    static std::size_t index(tick_number t) noexcept { return static_cast<std::size_t>(t % slot_count); }
    static std::uint64_t bit(tick_number t) noexcept { return std::uint64_t{1} << index(t); }

    std::array<turn_link, slot_count> slots_;
    std::uint64_t occupied_ = 0; // a bit for each slot; it may still be set after all entries have left the slot
    tick_number now_ = 0;
};

} // namespace audiosocket::detail
