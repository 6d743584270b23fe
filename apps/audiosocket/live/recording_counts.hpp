// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket::app {

/// Counters of the recordings of a process.
struct recording_counts {
    std::uint64_t begun = 0;            ///< Calls for which a recording was requested.
    std::uint64_t failed = 0;           ///< Calls whose recording failed, or did not begin.
    std::chrono::nanoseconds dropped{}; ///< Sound that is missing in complete recordings.
    std::size_t waiting_bytes = 0;      ///< Sound that waits for the disk now.
    std::size_t waiting_bytes_max = 0;  ///< Most sound that may wait (--record-memory).
    std::uint64_t refused_bytes = 0;    ///< Sound left out because too much waited.
};

} // namespace audiosocket::app
