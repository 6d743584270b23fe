// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/base64.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace audiosocket::gateway {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Has bits above those of four digits, at each of the four positions.
constexpr std::uint32_t no_digit = ~0U;

constexpr std::array<std::uint32_t, 256> digits = [] {
    std::array<std::uint32_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i);
    values['-'] = 62;
    values['_'] = 63;
    return values;
}();

// Writes the four characters of three bytes.
char* put_three(char* out, std::uint32_t three) {
    *out++ = alphabet[three >> 18];
    *out++ = alphabet[three >> 12 & 63];
    *out++ = alphabet[three >> 6 & 63];
    *out++ = alphabet[three & 63];
    return out;
}

// Returns the bits of four characters; more than 24 if a character is not a digit.
std::uint32_t bits_of_four(const char* text) {
    const auto digit = [&](int i) { return digits[static_cast<unsigned char>(text[i])]; };
    return digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
}

} // namespace

void append_base64(std::string& to, std::span<const std::byte> bytes) {
    const auto begin = to.size();
    to.resize(begin + (bytes.size() + 2) / 3 * 4);
    char* out = to.data() + begin;
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3)
        out = put_three(out, byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2));
    const auto rest = bytes.size() - i;
    if (rest == 0) return;
    put_three(out, byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0));
    std::fill(out + rest + 1, out + 4, '=');
}

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
        text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::vector<std::byte> bytes(text.size() / 4 * 3);
    auto out = bytes.begin();
    std::uint32_t all = 0;
    for (; text.size() >= 4; text.remove_prefix(4)) {
        const auto bits = bits_of_four(text.data());
        all |= bits;
        *out++ = static_cast<std::byte>(bits >> 16 & 0xff);
        *out++ = static_cast<std::byte>(bits >> 8 & 0xff);
        *out++ = static_cast<std::byte>(bits & 0xff);
    }
    if (!text.empty()) {
        std::array<char, 4> last{'A', 'A', 'A', 'A'};
        std::ranges::copy(text, last.begin());
        const auto bits = bits_of_four(last.data());
        all |= bits;
        bytes.push_back(static_cast<std::byte>(bits >> 16 & 0xff));
        if (text.size() == 3) bytes.push_back(static_cast<std::byte>(bits >> 8 & 0xff));
    }
    if (all >> 24 != 0) return std::nullopt;
    return bytes;
}

} // namespace audiosocket::gateway
