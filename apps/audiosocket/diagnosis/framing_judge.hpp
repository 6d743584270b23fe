// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"

#include <audiosocket/protocol/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace audiosocket::app::diagnosis {

/// Follows the headers of a stream, assuming one byte order of the length. O(1) memory.
class header_walk {
  public:
    explicit header_walk(bool little_endian) noexcept : little_endian_(little_endian) {}

    /// Calls `each(header)` for each header whose last byte is in `bytes`; stops when it returns false.
    template <class Each>
    void feed(std::span<const std::byte> bytes, Each each);

  private:
    bool little_endian_;
    std::size_t skip_ = 0; // bytes of a payload still to come
    std::array<std::byte, header_bytes> header_{};
    std::size_t got_ = 0;
};

/// Detects whether a stream is AudioSocket. It is given the bytes of one direction as they arrive, from the first byte
/// on.
///
/// How it works: it keeps the first bytes, and follows the headers twice, with big endian and with little endian
/// lengths. A stream is not AudioSocket in one of these cases: it begins like another protocol; only the little endian
/// lengths fit; it begins with an impossible header; two impossible headers follow each other; bytes that are not
/// messages follow a hangup.
///
/// No I/O. Constant memory, 300 bytes. A valid call costs some instructions a message.
class framing_judge {
  public:
    explicit framing_judge(sender from) noexcept : from_(from), right_(false), swapped_(true) {}

    /// Adds the next bytes. Returns whether they led to the finding.
    bool feed(std::span<const std::byte> bytes);

    /// Ends the stream and judges what has arrived. Returns whether that led to the finding.
    bool end();

    /// Returns what is wrong with the stream: at most one finding, which stays.
    const std::optional<finding>& result() const noexcept { return result_; }

    /// Returns the bytes since the start.
    std::uint64_t bytes() const noexcept { return bytes_; }

  private:
    // Enough to recognise other protocols, and the shape of samples.
    static constexpr std::size_t head_bytes = 192;

    std::span<const std::byte> head() const noexcept { return std::span(head_).first(head_size_); }
    void walk(std::span<const std::byte> bytes);
    bool follow(header h);
    bool follow_swapped(header h);
    void judge(bool at_end);
    void judge_id();
    void judge_nonsense(bool at_end);

    sender from_;
    std::optional<finding> result_;
    std::uint64_t bytes_ = 0;
    std::array<std::byte, head_bytes> head_{};
    std::size_t head_size_ = 0;

    header_walk right_;
    std::uint64_t messages_ = 0; // plausible messages in a row
    std::uint64_t nonsense_ = 0; // impossible headers in a row
    bool makes_no_sense_ = false;
    bool hung_up_ = false;
    bool nonsense_behind_hangup_ = false;

    header_walk swapped_;
    std::uint64_t swapped_messages_ = 0; // in a row, from the start
    bool swapped_fits_ = true;
    bool is_swapped_ = false;
    std::uint16_t swapped_bytes_ = 0; // length of the last message, read as little endian
};

/// Returns what is wrong with a stream that begins with these bytes, or consists of them.
std::optional<finding> judge_start(sender from, std::span<const std::byte> bytes);

} // namespace audiosocket::app::diagnosis
