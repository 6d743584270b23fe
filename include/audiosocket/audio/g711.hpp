// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace audiosocket {

/// How samples are laid out in the payload of a message.
enum class encoding : std::uint8_t {
    slin, ///< signed 16-bit linear, little endian: two bytes a sample
    ulaw, ///< G.711 mu-law: one byte a sample
    alaw, ///< G.711 A-law, even bits inverted as on the wire: one byte a sample
};

/// "slin", "ulaw" or "alaw": the names Asterisk uses.
AUDIOSOCKET_EXPORT std::string_view name(encoding e);

/// @name One sample of G.711
/// Linear samples span the full 16 bits: the law's 14-bit (mu) or 13-bit (A) values, shifted up.
/// Encoding is to the code whose interval holds the sample; louder than the law reaches is clipped.
/// Encoding what was decoded gives the same code back, but for mu-law's second zero (0x7f -> 0xff).
/// Source: ITU-T G.711 (11/88), tables 1 and 2; decision values of negative samples as in the ITU's
/// own software, G.191.
/// @{
AUDIOSOCKET_EXPORT std::int16_t ulaw_to_linear(std::uint8_t code);
AUDIOSOCKET_EXPORT std::int16_t alaw_to_linear(std::uint8_t code);
AUDIOSOCKET_EXPORT std::uint8_t linear_to_ulaw(std::int16_t sample);
AUDIOSOCKET_EXPORT std::uint8_t linear_to_alaw(std::int16_t sample);
/// @}

/// Whole samples in a payload of `bytes`; the odd byte of a torn slin sample is not counted.
constexpr std::size_t samples_in(encoding e, std::size_t bytes) {
    return e == encoding::slin ? bytes / 2 : bytes;
}

/// Bytes that `samples` take on the wire.
constexpr std::size_t bytes_for(encoding e, std::size_t samples) {
    return e == encoding::slin ? samples * 2 : samples;
}

/// Decodes a payload into linear samples, stopping at the end of the shorter of the two: size `out`
/// with samples_in(). `in` may have any alignment; the two must not overlap. Never fails.
AUDIOSOCKET_EXPORT void decode(encoding e, std::span<const std::byte> in, std::span<std::int16_t> out);

/// Encodes linear samples into a payload, stopping at the end of the shorter of the two: size `out`
/// with bytes_for(). `out` may have any alignment; the two must not overlap. Never fails.
AUDIOSOCKET_EXPORT void encode(encoding e, std::span<const std::int16_t> in, std::span<std::byte> out);

} // namespace audiosocket
