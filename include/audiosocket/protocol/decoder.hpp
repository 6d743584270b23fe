// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <cassert>
#include <optional>
#include <span>
#include <vector>

namespace audiosocket {

/// Turns a stream of bytes, split anywhere, into messages.
///
/// \code
/// decoder d;
/// d.feed(bytes_just_read);
/// while (auto m = d.next())
///     use(*m);
/// \endcode
///
/// How it works: a message that lies whole in the fed bytes is handed out as a view of them; nothing is copied.
/// Only a message that a split cuts apart is put together in a store of its own, which grows with the bytes that have
/// arrived (never with what a header merely promises) and is kept for the next such message, unless a long one made it
/// large. Memory is therefore O(1), 128 KiB at the very most and 16 KiB between messages, and none is used or allocated
/// while messages arrive whole.
///
/// Every length from 0 to 65,535 and every kind is a message: what they mean is for the reader to say. The decoder
/// does no I/O and cannot fail.
class decoder {
  public:
    /// Hands over the next bytes of the stream. They must stay valid and unchanged until next() has returned nothing
    /// (or the decoder is reset); feed only after that.
    void feed(std::span<const std::byte> bytes) noexcept {
        assert(fed_.empty());
        fed_ = bytes;
    }

    /// The next whole message, or nothing when more bytes are needed. The payload's view is valid until the next call
    /// of any member function, and no longer than the fed bytes. May throw std::bad_alloc when a message has to be put
    /// together.
    std::optional<message> next() {
        if (!partial_.empty()) [[unlikely]]
            return next_from_partial();
        if (fed_.size() >= header_bytes) [[likely]] {
            const header h = read_header(fed_.first<header_bytes>());
            const std::size_t whole = header_bytes + h.payload_bytes;
            if (fed_.size() >= whole) [[likely]] {
                const message m{h.kind, fed_.subspan(header_bytes, h.payload_bytes)};
                fed_ = fed_.subspan(whole);
                return m;
            }
        }
        keep_rest();
        return std::nullopt;
    }

    /// Whether a message has begun that is not whole yet. Meaningful after next() has returned nothing.
    bool in_message() const noexcept { return !partial_.empty(); }

    /// The header of that message, once its three bytes are there.
    std::optional<header> pending_header() const noexcept {
        if (partial_.size() < header_bytes) return std::nullopt;
        return read_header(std::span(partial_).first<header_bytes>());
    }

    /// The bytes of it that have arrived, header included.
    std::span<const std::byte> pending_bytes() const noexcept { return partial_; }

    /// Forgets everything, as if newly made, and gives its memory back.
    void reset() noexcept { *this = decoder{}; }

  private:
    // What is kept of the store: twice 20 ms at 192 kHz, for it grows by doubling.
    static constexpr std::size_t kept_bytes_max = 16 * 1024;

    // Bytes that `partial_` still needs to be a whole message, as far as is known.
    std::size_t missing() const noexcept {
        if (partial_.size() < header_bytes) return header_bytes - partial_.size();
        return header_bytes + pending_header()->payload_bytes - partial_.size();
    }

    void take(std::size_t bytes) {
        const std::size_t n = std::min(bytes, fed_.size());
        partial_.insert(partial_.end(), fed_.begin(), fed_.begin() + static_cast<std::ptrdiff_t>(n));
        fed_ = fed_.subspan(n);
    }

    std::optional<message> next_from_partial() {
        if (handed_out_) { // the message seen last was in `partial_`
            partial_.clear();
            if (partial_.capacity() > kept_bytes_max) partial_.shrink_to_fit();
            handed_out_ = false;
            return next();
        }
        if (partial_.size() < header_bytes) take(missing());
        if (partial_.size() >= header_bytes) take(missing());
        if (partial_.size() < header_bytes || missing() != 0) return std::nullopt;
        handed_out_ = true;
        return message{pending_header()->kind, std::span(partial_).subspan(header_bytes)};
    }

    void keep_rest() { take(fed_.size()); }

    std::span<const std::byte> fed_;
    std::vector<std::byte> partial_; // the beginning of a message that a split cut apart; empty otherwise
    bool handed_out_ = false;        // `partial_` is a whole message that the reader has been shown
};

} // namespace audiosocket
