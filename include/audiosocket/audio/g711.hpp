// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace audiosocket {

/// The encoding of the samples in the payload of a message.
enum class encoding : std::uint8_t {
    slin, ///< signed 16-bit linear, little endian: two bytes a sample
    ulaw, ///< G.711 mu-law: one byte a sample
    alaw, ///< G.711 A-law, even bits inverted as on the wire: one byte a sample
};

/// Returns Asterisk's name of the encoding: "slin", "ulaw" or "alaw".
AUDIOSOCKET_EXPORT std::string_view name(encoding e);

/// @name One sample of G.711
/// Linear samples use the full 16 bits: the 14-bit (mu-law) or 13-bit (A-law) values, shifted up. The encoders return
/// the code whose interval contains the sample, and clip samples that are louder than the law allows. Encoding a
/// decoded code gives the same code, except for mu-law's second zero (0x7f becomes 0xff).
/// Source: ITU-T G.711 (11/88), tables 1 and 2; decision values of negative samples as in the ITU's own software,
/// G.191.
/// @{

/// Decodes one mu-law code.
AUDIOSOCKET_EXPORT std::int16_t ulaw_to_linear(std::uint8_t code);
/// Decodes one A-law code.
AUDIOSOCKET_EXPORT std::int16_t alaw_to_linear(std::uint8_t code);
/// Encodes one sample as mu-law.
AUDIOSOCKET_EXPORT std::uint8_t linear_to_ulaw(std::int16_t sample);
/// Encodes one sample as A-law.
AUDIOSOCKET_EXPORT std::uint8_t linear_to_alaw(std::int16_t sample);
/// @}

/// Returns how many whole samples a payload of `bytes` has. The odd byte at the end of slin does not count.
constexpr std::size_t samples_in(encoding e, std::size_t bytes) {
    return e == encoding::slin ? bytes / 2 : bytes;
}

/// Returns how many bytes this many samples take on the wire.
constexpr std::size_t bytes_for(encoding e, std::size_t samples) {
    return e == encoding::slin ? samples * 2 : samples;
}

/// Decodes a payload into linear samples, up to the end of the shorter of `in` and `out`. samples_in() says the size
/// that `out` needs. `in` may have any alignment. The two must not overlap. Never fails.
AUDIOSOCKET_EXPORT void decode(encoding e, std::span<const std::byte> in, std::span<std::int16_t> out);

/// Encodes linear samples into a payload, up to the end of the shorter of `in` and `out`. bytes_for() says the size
/// that `out` needs. `out` may have any alignment. The two must not overlap. Never fails.
AUDIOSOCKET_EXPORT void encode(encoding e, std::span<const std::int16_t> in, std::span<std::byte> out);

} // namespace audiosocket
