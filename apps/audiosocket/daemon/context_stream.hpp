// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/server/context_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// \file
/// What a process sends to its successor: the announcements whose calls have not arrived.
///
///     head     "asctx 1\n"
///     entry    0x01, id (16 bytes), age in milliseconds (8 bytes), length (4 bytes), context
///     end      0x02, number of the entries (4 bytes)
///
/// Numbers have the most significant byte first. A change of this format needs a larger number in
/// inherited_sockets::report_ready().
namespace audiosocket::app {

/// Returns the stream of these announcements.
std::vector<std::byte> to_bytes(std::span<const waiting_context> all);

/// Reads such a stream, in pieces of any size. The sender may be another version of this command, so everything is
/// checked.
class context_reader {
  public:
    enum class state {
        reading,  ///< More bytes are needed.
        complete, ///< The end has arrived, and the number is right. Bytes after the end are not read.
        wrong,    ///< This is another format, or exceeds a bound. What was read before is valid.
    };

    /// The largest context and number that are read as this format at all, whatever the limits of this process are.
    /// They are a thousand and a hundred times the limits of context_registry_options.
    static constexpr std::size_t context_bytes_bound = std::size_t{16} << 20;
    static constexpr std::size_t entries_bound = 1'000'000;

    /// Sets the limits of one context and of their number. What exceeds them is skipped and counted in refused().
    context_reader(std::size_t context_bytes_max, std::size_t entries_max)
        : context_bytes_max_(context_bytes_max), entries_max_(entries_max) {}

    /// Adds bytes. Call next() until it returns nothing, then add the next piece.
    void feed(std::span<const std::byte> bytes);

    /// Returns the next announcement; nothing if it has not arrived whole, or if there are no more.
    std::optional<waiting_context> next();

    state current_state() const noexcept { return state_; }

    /// Returns how many announcements were skipped because of a limit.
    std::size_t refused() const noexcept { return entries_ - returned_; }

  private:
    std::span<const std::byte> rest() const noexcept { return std::span(buffer_).subspan(read_); }
    bool read_head();
    bool skip();
    waiting_context take(std::size_t length);
    void read_end();
    std::optional<waiting_context> fail();

    std::size_t context_bytes_max_;
    std::size_t entries_max_;
    std::vector<std::byte> buffer_; // at most a piece and an entry
    std::size_t read_ = 0;          // of the buffer
    bool head_read_ = false;
    std::size_t entries_ = 0;  // that were read or are being skipped
    std::size_t returned_ = 0; // of them
    std::size_t skip_ = 0;     // bytes
    state state_ = state::reading;
};

} // namespace audiosocket::app
