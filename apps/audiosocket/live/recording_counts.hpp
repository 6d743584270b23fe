// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket::app {

/// What became of the recordings of a process.
struct recording_counts {
    std::uint64_t begun = 0;            ///< Calls that were to be recorded.
    std::uint64_t failed = 0;           ///< Those whose recording failed, or did not begin.
    std::chrono::nanoseconds dropped{}; ///< Sound that complete recordings lack.
    std::size_t waiting_bytes = 0;      ///< Sound that waits for the disk now.
    std::size_t waiting_bytes_max = 0;  ///< And how much may (--record-memory).
    std::uint64_t refused_bytes = 0;    ///< Sound that found no room there.
};

} // namespace audiosocket::app
