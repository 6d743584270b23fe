// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/base64.hpp>

#include <array>
#include <cstdint>

namespace audiosocket::gateway {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digits = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    values['-'] = 62;
    values['_'] = 63;
    return values;
}();

} // namespace

void append_base64(std::string& to, std::span<const std::byte> bytes) {
    const auto begin = to.size();
    to.resize(begin + (bytes.size() + 2) / 3 * 4);
    char* out = to.data() + begin;
    const auto put = [&](std::uint32_t three, int characters) {
        for (int i = 0; i < 4; ++i)
            *out++ = i < characters ? alphabet[three >> (18 - 6 * i) & 63] : '=';
    };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3)
        put(std::to_integer<std::uint32_t>(bytes[i]) << 16 | std::to_integer<std::uint32_t>(bytes[i + 1]) << 8 |
                std::to_integer<std::uint32_t>(bytes[i + 2]),
            4);
    if (bytes.size() - i == 1) put(std::to_integer<std::uint32_t>(bytes[i]) << 16, 2);
    if (bytes.size() - i == 2)
        put(std::to_integer<std::uint32_t>(bytes[i]) << 16 | std::to_integer<std::uint32_t>(bytes[i + 1]) << 8, 3);
}

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
        text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto digit = digits[static_cast<unsigned char>(c)];
        if (digit == no_digit) return std::nullopt;
        bits = bits << 6 | digit;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes.push_back(static_cast<std::byte>(bits >> count & 0xff));
    }
    return bytes;
}

} // namespace audiosocket::gateway
