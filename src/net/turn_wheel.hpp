// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::detail {

/// A link in a circle. A link outside of any circle is a circle by itself.
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

/// Which entry is due at which tick, for the 63 ticks to come: a circle of slots, one a tick, each with a list of
/// links. Entering and leaving cost a few pointers whatever the number of entries, and nothing is ever allocated.
///
/// Invariant: every entry is in the slot of a tick after now(), and less than a round ahead of it.
class turn_wheel {
  public:
    using tick_number = std::int64_t;

    /// The tick that has been collected last.
    tick_number now() const noexcept { return now_; }

    bool empty() noexcept { return !first(); }

    /// Enters it for this tick, or for the nearest tick to come. It must not be in a circle.
    void enter(turn_link& who, tick_number at) noexcept;

    /// Lets time pass: every entry of the ticks up to this one is moved to the end of `due`, in their order.
    void collect(tick_number until, turn_link& due) noexcept;

    /// The first tick that has an entry.
    std::optional<tick_number> first() noexcept;

  private:
    static constexpr tick_number slot_count = 64; // one a bit of occupied_

    static std::size_t index(tick_number t) noexcept { return static_cast<std::size_t>(t % slot_count); }
    static std::uint64_t bit(tick_number t) noexcept { return std::uint64_t{1} << index(t); }

    std::array<turn_link, slot_count> slots_;
    std::uint64_t occupied_ = 0; // a bit a slot; it may be set for one that all entries have left
    tick_number now_ = 0;
};

} // namespace audiosocket::detail
