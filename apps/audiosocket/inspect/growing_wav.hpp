// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace audiosocket::app::inspect {

/// A WAV file of 16-bit mono that is open only while it is written, so that thousands can grow in parallel under any
/// limit of open files. It is readable at any time, and lacks up to half a second at 8 kHz until complete().
///
/// It is always a new file: an existing file is never replaced, and a symbolic link is never followed. Its mode is 0640
/// less the umask.
class growing_wav {
  public:
    /// Creates the file. Throws sound_error if that fails, and sound_file_exists if the name exists.
    growing_wav(std::filesystem::path path, int rate_hz);

    /// Appends samples. Throws failure if the file cannot be written, or is not the file that was created.
    void add(std::span<const std::int16_t> samples);

    /// Writes the samples that add() still holds. Throws failure.
    void complete();

    std::chrono::nanoseconds duration() const;

  private:
    [[noreturn]] void refuse(const std::string& why) const;

    std::filesystem::path path_;
    int rate_hz_;
    std::uint64_t device_ = 0, inode_ = 0; // of the created file
    std::uint64_t header_bytes_ = 0;
    std::uint64_t data_bytes_ = 0;   // in the file
    std::vector<std::byte> waiting_; // for the next write, little endian
};

} // namespace audiosocket::app::inspect
