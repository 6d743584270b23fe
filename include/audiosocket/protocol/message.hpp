// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace audiosocket {

/// Bytes of the header: kind (1), payload length (2, big endian).
inline constexpr std::size_t header_bytes = 3;

/// The largest payload that the 16-bit length can express.
inline constexpr std::size_t payload_bytes_max = 65'535;

/// A header by itself.
struct header {
    audiosocket::kind kind{};        ///< The first byte. Any value: unknown kinds are messages as well.
    std::uint16_t payload_bytes = 0; ///< Bytes that follow the header.

    /// Compares both fields.
    bool operator==(const header&) const = default;
};

/// Writes a header in front of a payload that already stands in memory.
constexpr void write_header(header h, std::span<std::byte, header_bytes> out) noexcept {
    out[0] = static_cast<std::byte>(h.kind);
    out[1] = static_cast<std::byte>(h.payload_bytes >> 8);
    out[2] = static_cast<std::byte>(h.payload_bytes & 0xff);
}

/// Reads a header. Any three bytes are one.
constexpr header read_header(std::span<const std::byte, header_bytes> in) noexcept {
    return {static_cast<kind>(in[0]),
            static_cast<std::uint16_t>(std::to_integer<unsigned>(in[1]) << 8 | std::to_integer<unsigned>(in[2]))};
}

/// One message, seen where it lies: a kind and a view of its payload. Owns nothing; the view lives as long as the
/// bytes that it was read from (see decoder::next).
struct message {
    audiosocket::kind kind{};           ///< Any value of a byte.
    std::span<const std::byte> payload; ///< At most payload_bytes_max. Valid as long as the bytes that it lies in.

    /// The payload's length in bytes.
    constexpr std::size_t content_length() const noexcept { return payload.size(); }

    /// The UUID of an id message. `protocol_errc::wrong_kind` for another kind, `protocol_errc::id_length` for a
    /// payload that is not 16 bytes.
    uuid id(audiosocket::error_code& error) const noexcept {
        error.clear();
        if (kind != kind::id)
            error = protocol_errc::wrong_kind;
        else if (payload.size() != uuid::size_bytes)
            error = protocol_errc::id_length;
        return error ? uuid{} : uuid::from_bytes(payload.first<uuid::size_bytes>());
    }

    /// The code of an error message: `none` when it is not one, `unknown` when it carries no code.
    constexpr error_bits error() const noexcept {
        if (kind != kind::error) return error_bits::none;
        return payload.empty() ? error_bits::unknown : static_cast<error_bits>(payload[0]);
    }

    /// The digit of a DTMF message; nothing unless the payload is exactly one of 0-9 * # A-D.
    constexpr std::optional<char> dtmf_digit() const noexcept {
        if (kind != kind::dtmf || payload.size() != 1) return std::nullopt;
        const char digit = static_cast<char>(payload[0]);
        return is_dtmf_digit(digit) ? std::optional(digit) : std::nullopt;
    }
};

/// Reads a message from bytes that hold exactly one, as a capture or another program may hand it over.
/// `protocol_errc::message_truncated` if the bytes end early; bytes past the message are left alone.
inline message parse_message(std::span<const std::byte> bytes, error_code& error) noexcept {
    error = protocol_errc::message_truncated;
    if (bytes.size() < header_bytes) return {};
    const header h = read_header(bytes.first<header_bytes>());
    if (bytes.size() - header_bytes < h.payload_bytes) return {};
    error.clear();
    return {h.kind, bytes.subspan(header_bytes, h.payload_bytes)};
}

} // namespace audiosocket
