// SPDX-License-Identifier: Apache-2.0
// G.711 divides each side of zero into eight segments of sixteen equal steps. The steps of a segment are twice as large
// as those of the segment before it. A code is sign, segment (3 bits) and step (4 bits). Some bits are inverted, so
// that silence is not a row of zeros on the line.

#include <audiosocket/audio/g711.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace audiosocket {
namespace {

constexpr unsigned sign_bit = 0x80;   // set: positive, in both laws, as sent
constexpr unsigned segment_shift = 4; // the segment is above the four bits of the step
constexpr unsigned step_mask = 0x0f;
constexpr unsigned alaw_inverted = 0x55; // A-law: every second bit is sent inverted

// Added to a mu-law magnitude (14 bits) so that segments begin at powers of two: 33, 66 ... 4224.
constexpr unsigned ulaw_bias = 33;
constexpr unsigned ulaw_magnitude_max = 8191 - ulaw_bias; // above it, mu-law clips
constexpr unsigned ulaw_scale = 2;                        // 14 bits to 16, as a shift
constexpr unsigned alaw_scale = 4;                        // the same for the 12 bits of an A-law magnitude

constexpr unsigned segment_of(unsigned code) {
    return (code >> segment_shift) & 7U;
}

constexpr std::int16_t with_sign(unsigned code, unsigned magnitude) {
    const int value = static_cast<int>(magnitude);
    return static_cast<std::int16_t>((code & sign_bit) != 0 ? value : -value);
}

constexpr std::int16_t decode_ulaw(std::uint8_t wire) {
    const unsigned code = wire ^ 0x7fU; // all but the sign are sent inverted
    const unsigned middle = 2 * (code & step_mask) + ulaw_bias;
    return with_sign(code, ((middle << segment_of(code)) - ulaw_bias) << ulaw_scale);
}

constexpr std::int16_t decode_alaw(std::uint8_t wire) {
    const unsigned code = wire ^ alaw_inverted;
    const unsigned half_step = 1U << (alaw_scale - 1); // a code stands for the middle of its step
    const unsigned step = code & step_mask;
    const unsigned segment = segment_of(code);
    if (segment == 0) {
        return with_sign(code, (step << alaw_scale) + half_step);
    }
    return with_sign(code, (((step + 16) << alaw_scale) + half_step) << (segment - 1));
}

template <class Decode>
constexpr std::array<std::int16_t, 256> table_of(Decode decode_one) {
    std::array<std::int16_t, 256> table{};
    for (unsigned code = 0; code < table.size(); ++code) {
        table[code] = decode_one(static_cast<std::uint8_t>(code));
    }
    return table;
}

constexpr auto ulaw_table = table_of(decode_ulaw);
constexpr auto alaw_table = table_of(decode_alaw);

// Returns the distance from zero. -1 counts as 0, which mirrors the decision values (see G.191).
constexpr unsigned magnitude_of(std::int16_t sample) {
    return static_cast<unsigned>(sample < 0 ? ~sample : sample);
}

constexpr unsigned sign_of(std::int16_t sample) {
    return sample < 0 ? 0U : sign_bit;
}

constexpr std::uint8_t encode_ulaw(std::int16_t sample) {
    const unsigned magnitude = magnitude_of(sample) >> ulaw_scale;
    const unsigned biased = std::min(magnitude, ulaw_magnitude_max) + ulaw_bias;
    const auto segment = static_cast<unsigned>(std::bit_width(biased)) - 6; // 33 has six bits
    const unsigned step = (biased >> (segment + 1)) & step_mask;
    const unsigned code = sign_of(sample) | (segment << segment_shift) | step;
    return static_cast<std::uint8_t>(code ^ 0x7fU);
}

constexpr std::uint8_t encode_alaw(std::int16_t sample) {
    const unsigned magnitude = magnitude_of(sample) >> alaw_scale;
    unsigned code = sign_of(sample);
    if (magnitude < 16) {
        code |= magnitude; // segment 0
    } else {
        const auto segment = static_cast<unsigned>(std::bit_width(magnitude)) - 4; // 16 has five
        code |= (segment << segment_shift) | ((magnitude >> (segment - 1)) & step_mask);
    }
    return static_cast<std::uint8_t>(code ^ alaw_inverted);
}

// A table of the code of a positive sample for each magnitude after a right shift by `scale`. A look-up costs a third
// of the arithmetic.
template <std::size_t Magnitudes, class Encode>
constexpr std::array<std::uint8_t, Magnitudes> codes_of(unsigned scale, Encode encode_one) {
    std::array<std::uint8_t, Magnitudes> codes{};
    for (unsigned magnitude = 0; magnitude < codes.size(); ++magnitude) {
        codes[magnitude] = encode_one(static_cast<std::int16_t>(magnitude << scale));
    }
    return codes;
}

constexpr auto ulaw_codes = codes_of<8192>(ulaw_scale, encode_ulaw);
constexpr auto alaw_codes = codes_of<2048>(alaw_scale, encode_alaw);

void encode_law(std::span<const std::uint8_t> codes, unsigned scale, std::span<const std::int16_t> in,
                std::span<std::byte> out) {
    const std::size_t samples = std::min(in.size(), out.size());
    for (std::size_t i = 0; i < samples; ++i) {
        out[i] = static_cast<std::byte>(codes[magnitude_of(in[i]) >> scale] ^ sign_bit ^ sign_of(in[i]));
    }
}

void decode_slin(std::span<const std::byte> in, std::span<std::int16_t> out) {
    const std::size_t samples = std::min(in.size() / 2, out.size());
    if (samples == 0) {
        return;
    } // an empty span may be null, which memcpy must not see
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(out.data(), in.data(), samples * 2);
    } else {
        for (std::size_t i = 0; i < samples; ++i) {
            const auto low = std::to_integer<unsigned>(in[2 * i]);
            const auto high = std::to_integer<unsigned>(in[2 * i + 1]);
            out[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(high << 8 | low));
        }
    }
}

void encode_slin(std::span<const std::int16_t> in, std::span<std::byte> out) {
    const std::size_t samples = std::min(in.size(), out.size() / 2);
    if (samples == 0) {
        return;
    }
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(out.data(), in.data(), samples * 2);
    } else {
        for (std::size_t i = 0; i < samples; ++i) {
            const auto bits = static_cast<std::uint16_t>(in[i]);
            out[2 * i] = static_cast<std::byte>(bits & 0xffU);
            out[2 * i + 1] = static_cast<std::byte>(bits >> 8U);
        }
    }
}

} // namespace

std::string_view name(encoding e) {
    switch (e) {
    case encoding::slin: return "slin";
    case encoding::ulaw: return "ulaw";
    case encoding::alaw: return "alaw";
    }
    return "unknown";
}

std::int16_t ulaw_to_linear(std::uint8_t code) {
    return ulaw_table[code];
}
std::int16_t alaw_to_linear(std::uint8_t code) {
    return alaw_table[code];
}
std::uint8_t linear_to_ulaw(std::int16_t sample) {
    return encode_ulaw(sample);
}
std::uint8_t linear_to_alaw(std::int16_t sample) {
    return encode_alaw(sample);
}

void decode(encoding e, std::span<const std::byte> in, std::span<std::int16_t> out) {
    if (e == encoding::slin) {
        return decode_slin(in, out);
    }
    const auto& table = e == encoding::ulaw ? ulaw_table : alaw_table;
    const std::size_t samples = std::min(in.size(), out.size());
    for (std::size_t i = 0; i < samples; ++i) {
        out[i] = table[std::to_integer<std::size_t>(in[i])];
    }
}

void encode(encoding e, std::span<const std::int16_t> in, std::span<std::byte> out) {
    if (e == encoding::slin) {
        return encode_slin(in, out);
    }
    e == encoding::ulaw ? encode_law(ulaw_codes, ulaw_scale, in, out) : encode_law(alaw_codes, alaw_scale, in, out);
}

} // namespace audiosocket
