// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <cstdint>

namespace audiosocket {

/// A budget that time gives back: a unit each `a_unit`, and at most `units_max` at once.
template <std::chrono::nanoseconds::rep a_unit_ns, std::uint64_t units_max>
class refilling_budget {
  public:
    /// Returns whether there are so many units now; then they are used up.
    bool take(std::uint64_t units, time_point now) noexcept {
        if (units > units_max) return false;
        const time_point until = std::max(used_until_, now - at_once) + static_cast<std::int64_t>(units) * a_unit;
        if (until > now) return false;
        used_until_ = until;
        return true;
    }

  private:
    static constexpr std::chrono::nanoseconds a_unit{a_unit_ns};
    static constexpr std::chrono::nanoseconds at_once = static_cast<std::int64_t>(units_max) * a_unit;

    // Units are used as if they took real time, and may be ahead of it by `at_once`: this is when the last one would
    // have been used.
    time_point used_until_ = time_point::min();
};

/// Bounds the processor time that a peer can take from other calls: what costs much more than it is long is done only
/// as long as the budget lasts.
///
/// Work is counted in samples that leave or enter a resampler, at the higher of its two rates; one takes 8 to 50 ns.
/// Real time gives back 384,000 a second: audio of 192 kHz, the most expensive there is, is converted twice as fast as
/// it is played. 115,200 may be used at once: 0.6 s at 192 kHz, more than the 25 frames that Asterisk sends in one go
/// after its Answer(); 2.4 s at 48 kHz, more than a receive_queue of the usual length. So what a call converts costs at
/// most 5 ms at once and 2 % of a core. All else that it receives costs by the byte, 10 to 200 instructions
/// (bench/session_bench), and is bounded by what the network side reads.
using work_budget = refilling_budget<2'604, 115'200>;

/// Bounds how often a peer may change the kind of its audio. A change costs some 6 us, a message of one sample a tenth
/// of that: the end of a resampler's stream, the beginning of another, and for each rate once a filter (47 us).
/// Asterisk changes the kind where a call is transferred or put on hold, and back again: 4 changes may come at once.
/// Real time gives back 10 a second.
using change_budget = refilling_budget<100'000'000, 4>;

} // namespace audiosocket
