// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace audiosocket {

/// A message ready to be sent: the header, with a short payload behind it, and a view of a long payload.
///
/// Audio is not copied. Send `head()` and `payload()` with one gathering call (`writev`, or Asio's `write` of
/// `buffers()`), so that one message stays one send. The audio must stay valid until that call returns.
class outgoing_message {
  public:
    /// Makes an empty object, which holds no message: its size() is 0.
    constexpr outgoing_message() = default;

    /// Returns the header, and a small payload (id, digit, error code) behind it. Valid as long as this object.
    constexpr std::span<const std::byte> head() const noexcept { return {head_.data(), head_bytes_}; }

    /// Returns a view of the payload in the application's memory; empty if the payload is in head().
    constexpr std::span<const std::byte> payload() const noexcept { return payload_; }

    /// Returns the bytes of the whole message, header included; 0 for no message.
    constexpr std::size_t size() const noexcept { return head_bytes_ + payload_.size(); }

    /// Returns both parts as buffers of a gathering write. Valid as long as this object and the audio.
    constexpr std::array<std::span<const std::byte>, 2> buffers() const noexcept { return {head(), payload_}; }

    /// Returns a copy of the whole message in one piece.
    std::vector<std::byte> to_bytes() const {
        std::vector<std::byte> bytes(size());
        std::ranges::copy(payload_, std::ranges::copy(head(), bytes.begin()).out);
        return bytes;
    }

    /// Makes a message of any kind that refers to this payload. Use it for kinds that have no function here. Error:
    /// `usage_errc::payload_too_long` above 65,535 bytes; the result is empty then.
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

    /// Makes a message with a copy of up to 16 bytes of payload.
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

/// Makes the message that ends a call: 00 00 00.
constexpr outgoing_message hangup_message() noexcept {
    return outgoing_message::with_small_payload<0>(kind::hangup, {});
}

/// Makes the first message of the calling side. Never send it to Asterisk: that would drop the call.
constexpr outgoing_message id_message(const uuid& id) noexcept {
    return outgoing_message::with_small_payload(kind::id, id.bytes);
}

/// Makes a message of kind 0x02, which no known peer sends. Never send it to Asterisk: that would drop the call. To
/// play silence, send audio of zeros.
constexpr outgoing_message silence_message() noexcept {
    return outgoing_message::with_small_payload<0>(kind::silence, {});
}

/// Makes a message with one digit, which only the calling side sends. Error: `usage_errc::not_a_dtmf_digit` for
/// anything but 0-9 * # A-D.
inline outgoing_message dtmf_message(char digit, error_code& error) noexcept {
    error.clear();
    if (!is_dtmf_digit(digit)) error = usage_errc::not_a_dtmf_digit;
    return outgoing_message::with_small_payload(kind::dtmf, std::array{static_cast<std::byte>(digit)});
}

/// Makes an error message with a code of one byte, which only the calling side sends.
constexpr outgoing_message error_message(error_bits code) noexcept {
    return outgoing_message::with_small_payload(kind::error, std::array{static_cast<std::byte>(code)});
}

/// Makes an audio message that refers to these little-endian 16-bit samples, at the rate of the kind.
///
/// Each of these errors is a message for which Asterisk would drop the call: `usage_errc::payload_too_long` above
/// 65,535 bytes, `usage_errc::not_whole_samples` for no bytes or an odd number, `protocol_errc::wrong_kind` for a kind
/// that is not audio.
inline outgoing_message audio_message(kind k, std::span<const std::byte> pcm, error_code& error) noexcept {
    outgoing_message m = outgoing_message::with_payload(k, pcm, error);
    if (error) return m;
    if (!is_audio(k))
        error = protocol_errc::wrong_kind;
    else if (pcm.empty() || pcm.size() % 2 != 0)
        error = usage_errc::not_whole_samples;
    return m;
}

/// Makes an audio message of 8 kHz (SlinMessage in the Go library). The errors of audio_message().
inline outgoing_message slin_message(std::span<const std::byte> pcm, error_code& error) noexcept {
    return audio_message(kind::slin, pcm, error);
}

} // namespace audiosocket
