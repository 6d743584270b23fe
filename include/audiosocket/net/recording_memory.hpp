// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace audiosocket {

namespace detail {
class memory_share;
}

/// Limits the memory of sound that waits for the disk, over all recordings that share this object.
///
/// A call_recorder with this in its options takes memory for what it collects, and returns it when that is written.
/// Sound that finds no room is dropped and counted (call_recorder::dropped()). The recording continues, with silence in
/// its place.
///
/// Fairness: half of the memory goes to the recordings that ask first. Of the other half each recording has an equal
/// part, which other calls cannot take.
///
/// Counts the samples and their bookkeeping. The vectors of samples may have up to twice that capacity. A recorder that
/// is writing holds up to another second of sound of each side. Thread-safe.
class AUDIOSOCKET_EXPORT recording_memory {
  public:
    /// Sets the limits. `bytes_max` is what all recordings together may hold. `recordings_max` is how many recordings
    /// there are at the same time, at least 1. If there are more, `bytes_max` still holds, but the equal parts are not
    /// guaranteed.
    recording_memory(std::size_t bytes_max, std::size_t recordings_max) noexcept
        : bytes_max_(bytes_max), part_bytes_(bytes_max / 2 / (recordings_max < 1 ? 1 : recordings_max)) {}
    recording_memory(const recording_memory&) = delete;
    recording_memory& operator=(const recording_memory&) = delete;

    /// Returns how many bytes wait for the disk now.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Returns the limit that was passed to the constructor, in bytes.
    std::size_t bytes_max() const noexcept { return bytes_max_; }

    /// Returns how many bytes have found no room so far.
    std::uint64_t bytes_refused() const noexcept { return bytes_refused_; }

  private:
    friend class detail::memory_share;

    // Takes `bytes` for a recording that holds `own` already. Returns false if there is no room.
    [[nodiscard]] bool take(std::size_t own, std::size_t bytes) noexcept;
    void give_back(std::size_t bytes) noexcept { bytes_ -= bytes; }

    const std::size_t bytes_max_;
    const std::size_t part_bytes_;
    std::atomic<std::size_t> bytes_{0};
    std::atomic<std::uint64_t> bytes_refused_{0};
};

} // namespace audiosocket
