// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

/// \file
/// How much used memory a call keeps. In steady state a call allocates nothing, so buffers are kept for the next frame.
/// But a call must not keep the memory of one long message, or one burst, until its end.

namespace audiosocket {

/// How many slots an empty queue keeps: 160 ms of frames, more than a network with jitter delivers at once.
inline constexpr std::size_t idle_slots_max = 8;

/// Up to this many slots of a queue, each keeps its buffer. A longer queue is not in steady state. All slots are used
/// in turn, so each would keep the memory of the longest audio that ever went through it.
inline constexpr std::size_t buffered_slots_max = 64;

/// Returns how many samples a buffer of audio keeps: the longest frame, 60 ms. At least 1,600, which the short pieces
/// that playout_queue joins may need, because a vector doubles.
constexpr std::size_t kept_samples_max(int rate_hz) noexcept {
    return std::max(static_cast<std::size_t>(rate_hz) * 60 / 1000, std::size_t{1600});
}

/// Empties a buffer, and frees its memory if it has more than this.
template <class T>
void clear_and_keep(std::vector<T>& buffer, std::size_t kept_max) noexcept {
    buffer.clear();
    if (buffer.capacity() > kept_max) buffer.shrink_to_fit();
}

} // namespace audiosocket
