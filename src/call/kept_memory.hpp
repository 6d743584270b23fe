// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

/// \file
/// What a call keeps of memory that it has used. In steady state a call allocates nothing, so buffers stay for the next
/// frame; but one long message, or one burst, must not be held by the call for the rest of its life.

namespace audiosocket {

/// Slots that an empty queue keeps: 160 ms of frames, more than a network with jitter delivers at once.
inline constexpr std::size_t idle_slots_max = 8;

/// Slots of a queue up to which each keeps its buffer. One that is longer is behind, not in steady state: slots take
/// turns, and each would come to hold the longest stretch of audio that ever went through it.
inline constexpr std::size_t buffered_slots_max = 64;

/// What a buffer of audio keeps, in samples: the longest frame, 60 ms. Never less than 1,600, as many as the short
/// stretches that playout_queue joins may take, because a vector doubles.
constexpr std::size_t kept_samples_max(int rate_hz) noexcept {
    return std::max(static_cast<std::size_t>(rate_hz) * 60 / 1000, std::size_t{1600});
}

/// Empties a buffer, and gives its memory back if that is more than this.
template <class T>
void clear_and_keep(std::vector<T>& buffer, std::size_t kept_max) noexcept {
    buffer.clear();
    if (buffer.capacity() > kept_max) buffer.shrink_to_fit();
}

} // namespace audiosocket
