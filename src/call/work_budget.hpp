// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <cstdint>

namespace audiosocket {

/// A budget that refills with time: one unit every `UnitNs` nanoseconds, up to `UnitsMax`.
template <std::chrono::nanoseconds::rep UnitNs, std::uint64_t UnitsMax>
class refilling_budget {
  public:
    /// Takes this many units if there are as many now. Returns whether there were.
    bool take(std::uint64_t units, time_point now) noexcept {
        if (units > UnitsMax) return false;
        const time_point until = std::max(used_until_, now - at_once) + static_cast<std::int64_t>(units) * a_unit;
        if (until > now) return false;
        used_until_ = until;
        return true;
    }

  private:
    static constexpr std::chrono::nanoseconds a_unit{UnitNs};
    static constexpr std::chrono::nanoseconds at_once = static_cast<std::int64_t>(UnitsMax) * a_unit;

    // Units are counted as if each took real time, and may be ahead of it by `at_once`. This is when the last unit
    // would have been used.
    time_point used_until_ = time_point::min();
};

/// Limits the processor time that a peer can take from other calls: work that takes long compared with its audio is
/// done only while there is budget.
///
/// Work is counted in samples that enter or leave a resampler, at the higher of its two rates; each takes 8 to 50 ns.
/// The budget refills by 384,000 a second, so audio of 192 kHz, the most expensive, is converted at twice real time.
/// 115,200 may be used at once. At 192 kHz that is 0.6 s, more than the 25 frames that Asterisk sends at once after its
/// Answer(). At 48 kHz it is 2.4 s, more than the default receive_queue. So conversion costs a call at most 5 ms at
/// once and 2 % of a core. Everything else that it receives costs 10 to 200 instructions a byte (bench/session_bench),
/// and is limited by what the network side reads.
using work_budget = refilling_budget<2'604, 115'200>;

/// Limits how often a peer may change the kind of its audio. A change costs about 6 us, ten times as much as a message
/// of one sample: it ends a resampler's stream and begins another, and needs a filter once for each rate (47 us).
/// Asterisk changes the kind when a call is transferred or put on hold, and back again, so 4 changes may come at once.
/// The budget refills by 10 a second.
using change_budget = refilling_budget<100'000'000, 4>;

} // namespace audiosocket
