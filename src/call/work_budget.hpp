// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <algorithm>
#include <cstdint>

namespace audiosocket {

/// Bounds the processor time that a peer can take from other calls: what costs much more than it is long is done only
/// as long as the budget lasts.
///
/// Work is counted in samples that leave or enter a resampler, at the higher of its two rates; one takes 8 to 50 ns.
/// Real time gives back 768,000 a second: audio of 192 kHz, the most expensive there is, is converted four times as
/// fast as it is played. 115,200 may be used at once: 0.6 s at 192 kHz, more than the 25 frames that Asterisk sends in
/// one go after its Answer(); 2.4 s at 48 kHz, more than a receive_queue of the usual length. So a read full of the
/// worst costs some 5 ms, and a call 4 % of a core.
class work_budget {
  public:
    /// Whether there is budget for this much work now; then it is used up.
    bool take(std::uint64_t samples, time_point now) noexcept {
        if (samples > samples_at_once) return false;
        const time_point until = std::max(used_until_, now - at_once) + static_cast<std::int64_t>(samples) * a_sample;
        if (until > now) return false;
        used_until_ = until;
        return true;
    }

  private:
    static constexpr std::chrono::nanoseconds a_sample{1'302};
    static constexpr std::chrono::milliseconds at_once{150};
    static constexpr std::uint64_t samples_at_once = at_once / a_sample;

    // Work is done as if it took real time, and may be ahead of it by `at_once`: this is when it would have been done.
    time_point used_until_ = time_point::min();
};

} // namespace audiosocket
