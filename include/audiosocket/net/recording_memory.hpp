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

/// Bounds the memory of sound that waits for the disk, over all recordings that share it.
///
/// A call_recorder with this in its options takes from it what it collects, and gives it back when that is written.
/// Sound that finds no room is dropped and counted (call_recorder::dropped()), and the recording goes on: the file
/// has silence in its place.
///
/// Fairness: half of the memory is for the recordings that ask first. Of the other half each recording has an equal
/// part, which calls that flood the disk cannot take from it.
///
/// Counts the samples and their bookkeeping. The vectors that hold them may have up to twice that, and a recorder
/// that is writing holds up to another second of sound of each side. Thread-safe.
class AUDIOSOCKET_EXPORT recording_memory {
  public:
    /// `bytes_max` is what all recordings together may hold. `recordings_max` is how many there may be at the same
    /// time, at least 1; with more of them the bound holds, and the equal part is not certain.
    recording_memory(std::size_t bytes_max, std::size_t recordings_max) noexcept
        : bytes_max_(bytes_max), part_bytes_(bytes_max / 2 / (recordings_max < 1 ? 1 : recordings_max)) {}
    recording_memory(const recording_memory&) = delete;
    recording_memory& operator=(const recording_memory&) = delete;

    /// Returns the bytes that wait for the disk now.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Returns the bound given to the constructor.
    std::size_t bytes_max() const noexcept { return bytes_max_; }

    /// Returns how many bytes have found no room so far.
    std::uint64_t bytes_refused() const noexcept { return bytes_refused_; }

  private:
    friend class detail::memory_share;

    // Takes `bytes` for a recording that holds `own` already; false where there is no room.
    [[nodiscard]] bool take(std::size_t own, std::size_t bytes) noexcept;
    void give_back(std::size_t bytes) noexcept { bytes_ -= bytes; }

    const std::size_t bytes_max_;
    const std::size_t part_bytes_;
    std::atomic<std::size_t> bytes_{0};
    std::atomic<std::uint64_t> bytes_refused_{0};
};

} // namespace audiosocket
