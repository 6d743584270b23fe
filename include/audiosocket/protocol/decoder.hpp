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
/// How it works: a message that is whole in the fed bytes is returned as a view of them, without a copy. A message that
/// was split is put together in a buffer. The buffer grows with the bytes that have arrived, never with the length that
/// a header announces. It is kept for the next split message, but freed above 16 KiB. So the decoder holds at most 128
/// KiB, at most 16 KiB between messages, and allocates nothing while messages arrive whole.
///
/// Every kind and every length from 0 to 65,535 is a message: the reader decides what it means. The decoder does no
/// I/O. Its only error is std::bad_alloc, from next().
class decoder {
  public:
    /// Takes the next bytes of the stream. They must stay valid and unchanged until next() has returned nothing, or
    /// until reset(). Call it again only after that.
    void feed(std::span<const std::byte> bytes) noexcept {
        assert(fed_.empty());
        fed_ = bytes;
    }

    /// Returns the next whole message, or nothing if more bytes are needed. The view of its payload is valid until the
    /// next call of a member function, and no longer than the fed bytes. Throws std::bad_alloc if there is no memory
    /// for a split message.
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

    /// Returns whether a message has begun that is not whole yet. Call it after next() has returned nothing.
    bool in_message() const noexcept { return !partial_.empty(); }

    /// Returns the header of the message that is not whole yet, or nothing until its three bytes have arrived.
    std::optional<header> pending_header() const noexcept {
        if (partial_.size() < header_bytes) return std::nullopt;
        return read_header(std::span(partial_).first<header_bytes>());
    }

    /// Returns the bytes that have arrived of the message that is not whole yet, header included. Valid until the next
    /// call of feed(), next() or reset().
    std::span<const std::byte> pending_bytes() const noexcept { return partial_; }

    /// Returns to the state of a new decoder and frees its memory.
    void reset() noexcept { *this = decoder{}; }

  private:
    // The capacity that is kept: twice 20 ms at 192 kHz, because the buffer grows by doubling.
    static constexpr std::size_t kept_bytes_max = 16 * 1024;

    // Bytes that `partial_` still needs: to a whole header first, then to a whole message.
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
        if (handed_out_) { // the message that was returned last is in `partial_`
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
    std::vector<std::byte> partial_; // the beginning of a split message; empty otherwise
    bool handed_out_ = false;        // `partial_` is a whole message, and next() has returned it
};

} // namespace audiosocket
