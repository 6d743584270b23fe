// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket::app::inspect {

/// Detects whether a stream has the messages of both directions of a call, as "Follow TCP Stream" of Wireshark saves
/// them.
///
/// The sound of one direction continues from each message to the next. In a file of both directions it continues from
/// each message to the message after the next, because the directions alternate. Silence and steady tones of 50 Hz and
/// its multiples give no evidence.
class direction_mix {
  public:
    /// Adds an audio message of 16-bit samples.
    void add(std::span<const std::byte> payload);

    bool is_mixed() const noexcept;

  private:
    std::uint64_t messages_ = 0;
    int last_[2] = {}; // the last samples of the previous two messages
    double to_next_ = 0;
    double to_second_ = 0; // sums of the jumps in the sound
};

} // namespace audiosocket::app::inspect
