// SPDX-License-Identifier: Apache-2.0
#include "inspect/nonsense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace audiosocket::app::inspect {
namespace {

// Longer than any id, digit or error code that a sane program sends, shorter than anything that text makes of a header.
constexpr std::size_t control_bytes_max = 64;

constexpr std::size_t shown_bytes = 16;

struct stranger {
    std::string_view start;
    std::string_view what;
};

constexpr std::array strangers{
    stranger{"GET ", "an HTTP request; is the port right?"},
    stranger{"POST ", "an HTTP request; is the port right?"},
    stranger{"HTTP/", "an HTTP answer; is the port right?"},
    stranger{"PROXY ", "a PROXY header; switch it off in the load balancer"},
    stranger{"\r\n\r\n", "perhaps a PROXY header; switch it off in the load balancer"},
    stranger{"\x16\x03", "a TLS hello; AudioSocket is plain TCP"},
    stranger{"SSH-", "SSH; is the port right?"},
    stranger{"REGISTER ", "SIP; is the port right?"},
    stranger{"OPTIONS ", "SIP; is the port right?"},
    stranger{"INVITE ", "SIP; is the port right?"},
};

bool has_exact_length(header h) noexcept {
    switch (h.kind) {
    case kind::hangup:
    case kind::silence: return h.payload_bytes == 0;
    case kind::id: return h.payload_bytes == uuid::size_bytes;
    case kind::dtmf: return h.payload_bytes == 1;
    case kind::error: return h.payload_bytes <= 1;
    default: return is_audio(h.kind) && h.payload_bytes != 0 && h.payload_bytes % 2 == 0;
    }
}

// How many headers of an exact length stand one behind the other from the first byte on, at most so many; 0 where
// something else follows a message. Nothing follows a hangup.
std::size_t exact_messages(std::span<const std::byte> bytes, std::size_t most) noexcept {
    std::size_t seen = 0;
    while (seen < most && bytes.size() >= header_bytes) {
        const header h = read_header(bytes.first<header_bytes>());
        bytes = bytes.subspan(std::min(bytes.size(), header_bytes + h.payload_bytes));
        const bool is_exact = has_exact_length(h) && (h.kind != kind::hangup || bytes.empty());
        if (!is_exact) return 0;
        ++seen;
    }
    return seen;
}

char printable(char c) {
    return c >= ' ' && c <= '~' ? c : '.';
}

} // namespace

bool is_plausible(header h) noexcept {
    return is_audio(h.kind) || (name(h.kind) != "unknown" && h.payload_bytes <= control_bytes_max);
}

bool starts_like_a_message(std::span<const std::byte> bytes) noexcept {
    return exact_messages(bytes, 2) != 0;
}

bool is_surely_messages(std::span<const std::byte> bytes) noexcept {
    return exact_messages(bytes, 4) >= 2;
}

bool starts_with_id(std::span<const std::byte> bytes) noexcept {
    constexpr header id{kind::id, uuid::size_bytes};
    return bytes.size() >= header_bytes && read_header(bytes.first<header_bytes>()) == id;
}

std::string describe_nonsense(header h, std::span<const std::byte> payload) {
    std::array<std::byte, header_bytes + shown_bytes> bytes{};
    write_header(h, std::span(bytes).first<header_bytes>());
    const std::size_t size = std::min(payload.size(), shown_bytes - header_bytes) + header_bytes;
    std::copy_n(payload.begin(), size - header_bytes, bytes.begin() + header_bytes);

    std::string hex, text;
    for (const std::byte b : std::span(bytes).first(size)) {
        hex += fmt::format("{:02x} ", std::to_integer<unsigned>(b));
        text += static_cast<char>(b);
    }
    std::string_view what;
    for (const stranger& s : strangers)
        if (text.starts_with(s.start)) what = s.what;
    const bool is_text = std::all_of(text.begin(), text.end(),
                                     [](char c) { return printable(c) == c || c == '\n' || c == '\r' || c == '\t'; });
    if (what.empty() && is_text) what = "text";
    std::transform(text.begin(), text.end(), text.begin(), printable);
    return fmt::format("{}\"{}\"{}{}", hex, text, what.empty() ? "" : ": ", what);
}

} // namespace audiosocket::app::inspect
