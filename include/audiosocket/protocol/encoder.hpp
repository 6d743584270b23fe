// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace audiosocket {

/// A message ready to be sent: the header, with a short payload beside it, and a view of a long one.
///
/// Audio is not copied: send `head()` and `payload()` with one gathering call (`writev`, or Asio's `write` of
/// `buffers()`), so that one message stays one send. The view must outlive that call.
class outgoing_message {
  public:
    /// Nothing: no message at all.
    constexpr outgoing_message() = default;

    /// The header, and the payload itself where it is small (id, dtmf, error code).
    constexpr std::span<const std::byte> head() const noexcept { return {head_.data(), head_bytes_}; }

    /// The audio, where the program has it; empty for other messages.
    constexpr std::span<const std::byte> payload() const noexcept { return payload_; }

    /// Returns the bytes of the whole message, header included; 0 for no message.
    constexpr std::size_t size() const noexcept { return head_bytes_ + payload_.size(); }

    /// Both parts, for a gathering write.
    constexpr std::array<std::span<const std::byte>, 2> buffers() const noexcept { return {head(), payload_}; }

    /// The whole message in one piece; this copies.
    std::vector<std::byte> to_bytes() const {
        std::vector<std::byte> bytes(size());
        std::ranges::copy(payload_, std::ranges::copy(head(), bytes.begin()).out);
        return bytes;
    }

    /// A message of any kind with its payload beside the header, for what has no constructor below.
    /// `usage_errc::payload_too_long` over 65,535 bytes.
    static outgoing_message with_payload(kind k, std::span<const std::byte> payload, error_code& error) noexcept {
        error.clear();
        if (payload.size() > payload_bytes_max) {
            error = usage_errc::payload_too_long;
            return {};
        }
        outgoing_message m{k, payload.size()};
        m.payload_ = payload;
        return m;
    }

    /// A message with up to 16 bytes of payload, copied into the message.
    template <std::size_t Size>
    static constexpr outgoing_message with_small_payload(kind k, const std::array<std::byte, Size>& payload) noexcept {
        static_assert(Size <= small_payload_bytes_max);
        outgoing_message m{k, Size};
        for (std::size_t i = 0; i < Size; ++i)
            m.head_[header_bytes + i] = payload[i];
        m.head_bytes_ += Size;
        return m;
    }

  private:
    // The longest payload that is not audio: a UUID.
    static constexpr std::size_t small_payload_bytes_max = uuid::size_bytes;

    constexpr outgoing_message(kind k, std::size_t payload_bytes) noexcept : head_bytes_(header_bytes) {
        write_header({k, static_cast<std::uint16_t>(payload_bytes)}, std::span(head_).first<header_bytes>());
    }

    std::array<std::byte, header_bytes + small_payload_bytes_max> head_{};
    std::size_t head_bytes_ = 0;
    std::span<const std::byte> payload_;
};

/// The end of a call: 00 00 00.
constexpr outgoing_message hangup_message() noexcept {
    return outgoing_message::with_small_payload<0>(kind::hangup, {});
}

/// The caller's first message. Never sent towards Asterisk, which would drop the call.
constexpr outgoing_message id_message(const uuid& id) noexcept {
    return outgoing_message::with_small_payload(kind::id, id.bytes);
}

/// Kind 0x02, which nobody sends: never sent towards Asterisk, which would drop the call. Silence on the wire is
/// audio of zeros.
constexpr outgoing_message silence_message() noexcept {
    return outgoing_message::with_small_payload<0>(kind::silence, {});
}

/// One digit, caller to server. `usage_errc::not_a_dtmf_digit` for anything but 0-9 * # A-D.
inline outgoing_message dtmf_message(char digit, error_code& error) noexcept {
    error.clear();
    if (!is_dtmf_digit(digit)) error = usage_errc::not_a_dtmf_digit;
    return outgoing_message::with_small_payload(kind::dtmf, std::array{static_cast<std::byte>(digit)});
}

/// An error with one byte of code, caller to server.
constexpr outgoing_message error_message(error_bits code) noexcept {
    return outgoing_message::with_small_payload(kind::error, std::array{static_cast<std::byte>(code)});
}

/// Audio, seen where it lies: little-endian 16-bit samples of the kind's rate. `usage_errc::payload_too_long` over
/// 65,535 bytes; `usage_errc::not_whole_samples` for none or an odd number, and `protocol_errc::wrong_kind` for a kind
/// that is not audio, because each of these makes Asterisk drop the call.
inline outgoing_message audio_message(kind k, std::span<const std::byte> pcm, error_code& error) noexcept {
    outgoing_message m = outgoing_message::with_payload(k, pcm, error);
    if (error) return m;
    if (!is_audio(k))
        error = protocol_errc::wrong_kind;
    else if (pcm.empty() || pcm.size() % 2 != 0)
        error = usage_errc::not_whole_samples;
    return m;
}

/// Audio at 8 kHz: the reference library's SlinMessage.
inline outgoing_message slin_message(std::span<const std::byte> pcm, error_code& error) noexcept {
    return audio_message(kind::slin, pcm, error);
}

} // namespace audiosocket
