// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/numbered_samples.hpp>
#include <audiosocket/protocol.hpp>

#include <cstddef>
#include <initializer_list>
#include <random>
#include <span>
#include <string_view>
#include <vector>

/// \file
/// Byte strings for tests: how to write them down, join them and cut them up.

namespace audiosocket::test {

using bytes = std::vector<std::byte>;

inline bytes raw(std::initializer_list<int> values) {
    bytes out;
    for (int v : values)
        out.push_back(static_cast<std::byte>(v));
    return out;
}

inline bytes raw(std::string_view text) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}

/// A message with any header, correct or not, as long as the payload.
inline bytes frame(int kind, const bytes& payload = {}) {
    bytes out = raw({kind, static_cast<int>(payload.size() >> 8), static_cast<int>(payload.size() & 0xff)});
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

inline bytes frame(kind k, const bytes& payload = {}) {
    return frame(static_cast<int>(k), payload);
}

inline bytes operator+(bytes left, const bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

/// Numbered samples from `first` on as slin: 16 bits, little-endian.
inline bytes numbered(std::size_t samples, std::uint64_t first = 0) {
    bytes out;
    for (std::size_t i = 0; i < samples; ++i) {
        const auto value = static_cast<unsigned>(numbered_samples::at(first + i));
        out.push_back(static_cast<std::byte>(value & 0xff));
        out.push_back(static_cast<std::byte>(value >> 8));
    }
    return out;
}

/// The ways to cut a stream, for every parser test.
enum class split { whole, byte_by_byte, random };
inline constexpr std::array all_splits{split::whole, split::byte_by_byte, split::random};

/// Calls `use` with consecutive pieces of the stream.
template <class Use>
void cut(std::span<const std::byte> stream, split how, std::mt19937& random, Use use) {
    while (!stream.empty()) {
        std::size_t n = stream.size();
        if (how == split::byte_by_byte) n = 1;
        if (how == split::random)
            n = std::uniform_int_distribution<std::size_t>(1, std::min<std::size_t>(n, 700))(random);
        use(stream.first(n));
        stream = stream.subspan(n);
    }
}

} // namespace audiosocket::test
