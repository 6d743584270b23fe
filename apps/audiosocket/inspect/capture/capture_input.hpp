// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::inspect {

/// The kind of a file, by its content.
enum class input_kind {
    stream,  ///< The bytes of one direction, as a socket delivered them. Also any file that is nothing else.
    capture, ///< pcap or pcapng.
    sound,   ///< Something that sound_reader reads.
    tape,    ///< A tape of the gateway.
};

/// A file or standard input ("-"), open for reading and recognised; reading starts at its first byte.
class capture_input {
  public:
    /// Throws failure if the file is missing, unreadable, a directory, empty, or of a known kind that cannot be read
    /// (compressed; sound from a pipe).
    explicit capture_input(const std::string& path);

    const std::string& path() const noexcept { return path_; }
    bool is_standard_input() const noexcept { return path_ == "-"; }
    /// Returns the name for messages.
    std::string name() const { return is_standard_input() ? "standard input" : path_; }
    input_kind kind() const noexcept { return kind_; }

    /// Returns the first bytes of the file, at least one: the magic number of a capture; up to 64 KiB of other files.
    std::span<const std::byte> start() const noexcept { return start_; }

    /// Reads on after start(): fills `out` from the front, and less only at the end. Throws failure.
    std::size_t read(std::span<std::byte> out);

  private:
    struct closer {
        void operator()(std::FILE* f) const noexcept;
    };

    void read_start(std::size_t bytes);

    std::string path_;
    std::unique_ptr<std::FILE, closer> file_;
    std::vector<std::byte> start_;
    input_kind kind_ = input_kind::stream;
};

} // namespace audiosocket::app::inspect
