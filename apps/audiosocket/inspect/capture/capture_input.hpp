// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::inspect {

/// What a file is, told from its content.
enum class input_kind {
    stream,  ///< The bytes of one direction, as a socket gave them. Also what nothing else is.
    capture, ///< pcap or pcapng.
    sound,   ///< Something that sound_reader reads.
    tape,    ///< A tape of the gateway.
};

/// A file or standard input ("-"), open for reading and recognised; nothing of it is used up.
class capture_input {
  public:
    /// Throws failure when the file is missing, unreadable, a directory, empty, or of a kind that can be named but
    ///     not read (compressed; sound from a pipe).
    explicit capture_input(const std::string& path);

    const std::string& path() const noexcept { return path_; }
    bool is_standard_input() const noexcept { return path_ == "-"; }
    /// For people.
    std::string name() const { return is_standard_input() ? "standard input" : path_; }
    input_kind kind() const noexcept { return kind_; }

    /// The first bytes of the file: of a capture its magic number, of others up to 64 KiB; one byte at least.
    std::span<const std::byte> start() const noexcept { return start_; }

    /// Reads on behind start(): fills `out` from the front, less only at the end. Throws failure.
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
