// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace audiosocket {

/// Size of a header: one byte of kind, two bytes of payload length (big endian).
inline constexpr std::size_t header_bytes = 3;

/// The largest payload that the 16-bit length can express.
inline constexpr std::size_t payload_bytes_max = 65'535;

/// The header of a message.
struct header {
    audiosocket::kind kind{};        ///< The first byte. Any value: a message of an unknown kind is a message.
    std::uint16_t payload_bytes = 0; ///< Bytes that follow the header.

    /// Compares both fields.
    bool operator==(const header&) const = default;
};

/// Writes the three bytes of a header to `out`.
constexpr void write_header(header h, std::span<std::byte, header_bytes> out) noexcept {
    out[0] = static_cast<std::byte>(h.kind);
    out[1] = static_cast<std::byte>(h.payload_bytes >> 8);
    out[2] = static_cast<std::byte>(h.payload_bytes & 0xff);
}

/// Reads a header. Any three bytes are a header, so there is no error.
constexpr header read_header(std::span<const std::byte, header_bytes> in) noexcept {
    return {static_cast<kind>(in[0]),
            static_cast<std::uint16_t>(std::to_integer<unsigned>(in[1]) << 8 | std::to_integer<unsigned>(in[2]))};
}

/// One message: a kind and a view of its payload. The view is valid as long as the bytes that the message was read from
/// (see decoder::next).
struct message {
    audiosocket::kind kind{};           ///< Any value of a byte.
    std::span<const std::byte> payload; ///< At most payload_bytes_max. A view: it owns nothing.

    /// Returns the length of the payload in bytes.
    constexpr std::size_t content_length() const noexcept { return payload.size(); }

    /// Returns the UUID of an id message. Errors: `protocol_errc::wrong_kind` for another kind,
    /// `protocol_errc::id_length` for a payload that is not 16 bytes. The result is all zeros then.
    uuid id(audiosocket::error_code& error) const noexcept {
        error.clear();
        if (kind != kind::id)
            error = protocol_errc::wrong_kind;
        else if (payload.size() != uuid::size_bytes)
            error = protocol_errc::id_length;
        return error ? uuid{} : uuid::from_bytes(payload.first<uuid::size_bytes>());
    }

    /// Returns the code of an error message: `unknown` if it has no code, `none` if the message is of another kind.
    constexpr error_bits error() const noexcept {
        if (kind != kind::error) return error_bits::none;
        return payload.empty() ? error_bits::unknown : static_cast<error_bits>(payload[0]);
    }

    /// Returns the digit of a DTMF message, or nothing unless the payload is exactly one of 0-9 * # A-D.
    constexpr std::optional<char> dtmf_digit() const noexcept {
        if (kind != kind::dtmf || payload.size() != 1) return std::nullopt;
        const char digit = static_cast<char>(payload[0]);
        return is_dtmf_digit(digit) ? std::optional(digit) : std::nullopt;
    }
};

/// Reads the message at the beginning of these bytes; ignores bytes behind it. The result is a view of them. Error:
/// `protocol_errc::message_truncated` if the bytes end inside the message.
inline message parse_message(std::span<const std::byte> bytes, error_code& error) noexcept {
    error = protocol_errc::message_truncated;
    if (bytes.size() < header_bytes) return {};
    const header h = read_header(bytes.first<header_bytes>());
    if (bytes.size() - header_bytes < h.payload_bytes) return {};
    error.clear();
    return {h.kind, bytes.subspan(header_bytes, h.payload_bytes)};
}

} // namespace audiosocket
