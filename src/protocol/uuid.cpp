// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/protocol/uuid.hpp>

#include <algorithm>
#include <random>

namespace audiosocket {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr bool dash_before(std::size_t byte_index) {
    return byte_index == 4 || byte_index == 6 || byte_index == 8 || byte_index == 10;
}

// 32 hexadecimal digits, and the dashes before bytes 4, 6, 8 and 10.
constexpr std::size_t text_length = 36;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

uuid uuid::parse(std::string_view text, error_code& error) noexcept {
    error = usage_errc::malformed_uuid;
    if (text.size() != text_length) return {};

    uuid id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) {
        if (dash_before(i) && text[at++] != '-') return {};
        const int high = hex_value(text[at++]);
        const int low = hex_value(text[at++]);
        if (high < 0 || low < 0) return {};
        id.bytes[i] = static_cast<std::byte>(high * 16 + low);
    }
    error.clear();
    return id;
}

uuid uuid::parse(std::string_view text) {
    error_code error;
    const uuid id = parse(text, error);
    if (error) throw std::system_error(error, "\"" + std::string(text) + "\"");
    return id;
}

uuid uuid::random() {
    std::random_device entropy;
    uuid id;
    for (auto& byte : id.bytes)
        byte = static_cast<std::byte>(entropy() & 0xff);
    // RFC 9562, section 5.4: version 4 in the high half of byte 6, variant 0b10 in the top bits of byte 8.
    id.bytes[6] = (id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    return id;
}

uuid uuid::from_bytes(std::span<const std::byte, size_bytes> wire) noexcept {
    uuid id;
    std::ranges::copy(wire, id.bytes.begin());
    return id;
}

std::string to_string(const uuid& id) {
    std::string text;
    text.reserve(text_length);
    for (std::size_t i = 0; i < uuid::size_bytes; ++i) {
        if (dash_before(i)) text += '-';
        const auto value = std::to_integer<unsigned>(id.bytes[i]);
        text += hex_digits[value >> 4];
        text += hex_digits[value & 0x0f];
    }
    return text;
}

} // namespace audiosocket
