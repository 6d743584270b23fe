// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"

#include <cstdint>

namespace audiosocket::test {

/// The header of a WAV file of a test.
struct wav_header {
    unsigned tag = 1;
    unsigned channels = 1;
    unsigned rate_hz = 8000;
    unsigned bits = 16;
    unsigned subformat = 0;                 // of tag 0xfffe
    std::uint32_t data_bytes = 0xffff'fffe; // this: the true number
};

inline bytes little_endian(std::uint32_t value, int count) {
    bytes out;
    for (int i = 0; i < count; ++i)
        out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    return out;
}

inline bytes chunk(std::string_view name, const bytes& body) {
    auto out = raw(name) + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body;
    if (body.size() % 2 == 1) out.push_back({});
    return out;
}

inline bytes wav_file(const wav_header& header, const bytes& audio, const bytes& before_audio = {}) {
    const auto frame_bytes = header.channels * header.bits / 8;
    auto format = little_endian(header.tag, 2) + little_endian(header.channels, 2) + little_endian(header.rate_hz, 4) +
                  little_endian(header.rate_hz * frame_bytes, 4) + little_endian(frame_bytes, 2) +
                  little_endian(header.bits, 2);
    if (header.tag == 0xfffe)
        format = format + little_endian(22, 2) + little_endian(header.bits, 2) + little_endian(0, 4) +
                 little_endian(header.subformat, 2) + bytes(14);
    auto data = chunk("data", audio);
    if (header.data_bytes != 0xffff'fffe) {
        const auto size = little_endian(header.data_bytes, 4);
        std::copy(size.begin(), size.end(), data.begin() + 4);
    }
    const auto body = raw("WAVE") + chunk("fmt ", format) + before_audio + data;
    return raw("RIFF") + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body;
}

} // namespace audiosocket::test
