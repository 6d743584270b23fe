// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::app::bench {

/// Unit of the load's time, counted from its begin.
inline constexpr std::chrono::microseconds slot_time{125};

/// The longest delay of a frame. A caller's jitter buffer drops later packets: Asterisk's holds at most 200 ms
/// (jbmaxsize in res_jitterbuffer).
inline constexpr std::chrono::milliseconds caller_jitter_max{200};
inline constexpr std::int64_t caller_jitter_slots_max = caller_jitter_max / slot_time;

/// When the frames of one call are sent. Each frame has a place on the grid of 20 ms and is sent up to `jitter_slots`
/// later, like audio that crossed a network. Frames keep their order, because TCP does: a late frame delays those
/// behind it.
///
/// The delays are uniform and come from a generator that is seeded with the call's number, so a run can be repeated.
class send_schedule {
  public:
    send_schedule() = default;
    send_schedule(std::size_t call, std::int64_t jitter_slots);

    /// Adds a frame with its place on the grid in this slot. Returns the slot in which it is sent.
    std::int64_t add(std::int64_t slot);

    /// Removes the first frame that is due in this slot or before it. Returns its slot; nothing if none is due.
    std::optional<std::int64_t> take(std::int64_t slot);

  private:
    std::int64_t delay();

    // A frame waits for at most 200 ms after its place, and a grid of 20 ms has 11 places in that time.
    static constexpr std::size_t waiting_max = 16;

    std::uint64_t state_ = 0;
    std::int64_t jitter_slots_ = 0;
    std::array<std::int64_t, waiting_max> waiting_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

} // namespace audiosocket::app::bench
