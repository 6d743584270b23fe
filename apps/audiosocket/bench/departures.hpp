// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::app::bench {

/// Time of the load, counted in slots since its begin.
inline constexpr std::chrono::microseconds slot_time{125};

/// The longest delay of a frame. Beyond it a caller's jitter buffer gives a packet up: Asterisk's holds 200 ms at most
/// (jbmaxsize in res_jitterbuffer).
inline constexpr std::chrono::milliseconds caller_jitter_max{200};
inline constexpr std::int64_t caller_jitter_slots_max = caller_jitter_max / slot_time;

/// When the frames of one call leave. Each has a place on the grid of 20 ms and leaves up to `jitter_slots` later, as
/// audio that came over a network. Frames keep their order, because TCP does: a late frame delays those behind it.
///
/// The delays are uniform and come from a generator that the call's number seeds. A run can be repeated with them.
class departures {
  public:
    departures() = default;
    departures(std::size_t call, std::int64_t jitter_slots);

    /// A frame has its place on the grid in this slot. Returns the slot in which it leaves.
    std::int64_t add(std::int64_t slot);

    /// Removes the first frame that leaves in this slot or before it. Returns its slot; nothing where none is due.
    std::optional<std::int64_t> take(std::int64_t slot);

  private:
    std::int64_t delay();

    // A frame waits for at most 200 ms behind its grid, and 11 places of a grid of 20 ms are in that time.
    static constexpr std::size_t waiting_max = 16;

    std::uint64_t state_ = 0;
    std::int64_t jitter_slots_ = 0;
    std::array<std::int64_t, waiting_max> waiting_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

} // namespace audiosocket::app::bench
