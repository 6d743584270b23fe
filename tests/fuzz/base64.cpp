// SPDX-License-Identifier: Apache-2.0
// Bytes become base64 and are read back. A text is decoded if it is base64, with or without padding, and refused
// otherwise. Then the same bytes as a WAV file: its audio is a part of the file.
//
// Input: the bytes, which are also the text and the file.

#include "fuzz/require.hpp"

#include "gateway/wav_clip.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <algorithm>
#include <memory>

using namespace audiosocket;

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void check_text(std::string_view text) {
    const auto bytes = gateway::decode_base64(text);
    if (!bytes) return;
    REQUIRE(bytes->size() <= text.size() * 3 / 4);
    std::string again;
    gateway::append_base64(again, *bytes);
    REQUIRE(again.size() % 4 == 0);
    REQUIRE(gateway::decode_base64(again) == bytes);
    // The digits are the same, except the two of the alphabet for URLs, and except for bits of the last one that belong
    // to no byte.
    const auto digits = [](std::string_view of) { return of.substr(0, of.find_last_not_of('=') + 1); };
    const auto ours = digits(again);
    std::string given(digits(text));
    std::ranges::replace(given, '-', '+');
    std::ranges::replace(given, '_', '/');
    REQUIRE(ours.size() == given.size() && given.find_first_not_of(alphabet) == std::string::npos);
    if (!ours.empty()) REQUIRE(ours.substr(0, ours.size() - 1) == given.substr(0, given.size() - 1));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto copy = std::make_unique<std::vector<std::byte>>(); // nothing behind its end
    const auto all = std::as_bytes(std::span(data, size));
    copy->assign(all.begin(), all.end());
    const std::span<const std::byte> bytes = *copy;
    std::string text = "x";
    gateway::append_base64(text, bytes);
    const auto back = gateway::decode_base64(std::string_view(text).substr(1));
    REQUIRE(back && std::ranges::equal(*back, bytes));
    check_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});

    const auto clip = gateway::read_wav(bytes);
    if (!clip.fault.empty()) return 0;
    REQUIRE(clip.audio.empty() || (clip.audio.data() >= bytes.data() &&
                                   clip.audio.data() + clip.audio.size() <= bytes.data() + bytes.size()));
    return 0;
}
