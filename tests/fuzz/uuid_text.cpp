// SPDX-License-Identifier: Apache-2.0
// The text form of a UUID: an accepted text is written back the same except for case; other texts are refused.
//
// Input: a text; and, from 18 bytes on, also an id of 16 bytes whose text is damaged in one place.

#include "fuzz/require.hpp"

#include <audiosocket/protocol.hpp>

#include <cctype>
#include <memory>

using namespace audiosocket;

namespace {

bool is_well_formed(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    return true;
}

void check(const std::string& text) {
    const auto exact = std::make_unique<std::vector<char>>(text.begin(), text.end()); // the text has no terminator
    error_code error;
    const uuid id = uuid::parse(std::string_view(exact->data(), exact->size()), error);
    REQUIRE(is_well_formed(text) == !error);
    if (error) {
        REQUIRE(id == uuid{});
        return;
    }
    std::string lower = text;
    for (char& c : lower)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    REQUIRE(to_string(id) == lower);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check(std::string(reinterpret_cast<const char*>(data), size));
    if (size < 18) return 0;

    const uuid id = uuid::from_bytes(std::as_bytes(std::span(data, size)).first<uuid::size_bytes>());
    std::string text = to_string(id);
    error_code error;
    REQUIRE(uuid::parse(text, error) == id && !error);
    text[data[16] % text.size()] = static_cast<char>(data[17]);
    check(text);
    return 0;
}
