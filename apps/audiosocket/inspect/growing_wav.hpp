// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace audiosocket::app::inspect {

/// A WAV file of 16-bit mono that is open only while it is written, so that thousands can grow side by side under any
/// limit of open files. It is readable at any moment, and lacks up to half a second at 8 kHz until complete().
///
/// It is a new file: never one that exists, and never written through a symbolic link. Its mode is 0640 less the umask.
class growing_wav {
  public:
    /// Creates the file. Throws sound_error when that fails, and sound_file_exists when the name is taken.
    growing_wav(std::filesystem::path path, int rate_hz);

    /// Appends samples. Throws failure when the file cannot be written, or is not the one that was created.
    void add(std::span<const std::int16_t> samples);

    /// Writes what add() still holds. Throws failure.
    void complete();

    std::chrono::nanoseconds duration() const;

  private:
    [[noreturn]] void refuse(const char* why) const;

    std::filesystem::path path_;
    int rate_hz_;
    std::uint64_t device_ = 0, inode_ = 0; // of the file created
    std::uint64_t header_bytes_ = 0;
    std::uint64_t data_bytes_ = 0;   // in the file
    std::vector<std::byte> waiting_; // for the next write, little endian
};

} // namespace audiosocket::app::inspect
