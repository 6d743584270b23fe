// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket::app::inspect {

/// Tells whether a stream has the messages of both directions of a call, as "Follow TCP Stream" of Wireshark saves
/// them.
///
/// Sound goes on from one message to the next. In a file of both directions it goes on from each message to the one
/// after the next, because the directions take turns. Silence and steady tones of 50 Hz and its multiples say nothing.
class direction_mix {
  public:
    /// An audio message of 16-bit samples.
    void add(std::span<const std::byte> payload);

    bool is_mixed() const noexcept;

  private:
    std::uint64_t messages_ = 0;
    int last_[2] = {}; // samples of the message before, and of the one before that
    double to_next_ = 0;
    double to_second_ = 0; // sums of how far the sound jumps
};

} // namespace audiosocket::app::inspect
