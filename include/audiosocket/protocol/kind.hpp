// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// \file
/// The kinds of messages: what the first byte means (docs/protocol.md). Source: the AudioSocket protocol definition and
/// Asterisk's `include/asterisk/res_audiosocket.h` (kinds 0x11 to 0x18: Asterisk 20.17, 21.12, 22.7, 23.1 and later).

namespace audiosocket {

/// The kind of a message. Any other value may arrive as well and is skipped by its length.
enum class kind : std::uint8_t {
    hangup = 0x00,  ///< End of the call. No payload.
    id = 0x01,      ///< The call's UUID, 16 bytes. Asterisk's first message.
    silence = 0x02, ///< No payload. The Go library defines it; no known peer sends it.
    dtmf = 0x03,    ///< One ASCII digit: 0-9 * # A-D.
    slin = 0x10,    ///< Signed 16-bit little endian PCM, mono, 8 kHz; or G.711 from a `Dial` without `c(...)`.
    slin12 = 0x11,  ///< The same at 12 kHz.
    slin16 = 0x12,  ///< The same at 16 kHz.
    slin24 = 0x13,  ///< The same at 24 kHz.
    slin32 = 0x14,  ///< The same at 32 kHz.
    slin44 = 0x15,  ///< The same at 44.1 kHz.
    slin48 = 0x16,  ///< The same at 48 kHz.
    slin96 = 0x17,  ///< The same at 96 kHz.
    slin192 = 0x18, ///< The same at 192 kHz.
    error = 0xff,   ///< An error; the payload is an optional code of the application.
};

/// The code of an error message. Asterisk's codes are bits in one byte.
enum class error_bits : std::uint8_t {
    none = 0x00,             ///< Not an error message.
    hangup = 0x01,           ///< The caller hung up.
    frame_forwarding = 0x02, ///< A frame could not be forwarded.
    memory = 0x04,           ///< Out of memory.
    unknown = 0xff,          ///< An error message without a code.
};

/// Returns whether an error code contains all bits of another.
constexpr bool has(error_bits code, error_bits bit) noexcept {
    return (static_cast<unsigned>(code) & static_cast<unsigned>(bit)) == static_cast<unsigned>(bit);
}

/// Sample rates in Hz of the kinds 0x10 to 0x18, in that order.
inline constexpr std::array<int, 9> slin_rates_hz{8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000};

/// Returns whether the kind is one of the nine audio kinds.
constexpr bool is_audio(kind k) noexcept {
    return k >= kind::slin && k <= kind::slin192;
}

/// Returns the sample rate of an audio kind in Hz; 0 for any other kind.
constexpr int rate_hz(kind k) noexcept {
    return is_audio(k) ? slin_rates_hz[static_cast<std::size_t>(k) - static_cast<std::size_t>(kind::slin)] : 0;
}

/// Returns the audio kind of exactly this rate in Hz, if there is one.
constexpr std::optional<kind> slin_kind(int rate) noexcept {
    for (std::size_t i = 0; i < slin_rates_hz.size(); ++i)
        if (slin_rates_hz[i] == rate) return static_cast<kind>(static_cast<std::size_t>(kind::slin) + i);
    return std::nullopt;
}

/// Returns the usual name of a kind ("hangup", "slin16"), or "unknown" for a value without one.
constexpr std::string_view name(kind k) noexcept {
    constexpr std::array<std::string_view, 9> slin_names{"slin",   "slin12", "slin16", "slin24", "slin32",
                                                         "slin44", "slin48", "slin96", "slin192"};
    if (is_audio(k)) return slin_names[static_cast<std::size_t>(k) - static_cast<std::size_t>(kind::slin)];
    switch (k) {
    case kind::hangup: return "hangup";
    case kind::id: return "id";
    case kind::silence: return "silence";
    case kind::dtmf: return "dtmf";
    case kind::error: return "error";
    default: return "unknown";
    }
}

/// Returns the audio kind that Asterisk calls by this name ("slin", "slin8" or "slin12" ... "slin192"), if there is
/// one.
constexpr std::optional<kind> slin_kind(std::string_view text) noexcept {
    if (text == "slin8") return kind::slin;
    for (int rate : slin_rates_hz)
        if (const kind k = *slin_kind(rate); name(k) == text) return k;
    return std::nullopt;
}

/// Returns whether the character is one of the sixteen DTMF digits 0-9 * # A-D.
constexpr bool is_dtmf_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'D') || c == '*' || c == '#';
}

} // namespace audiosocket
