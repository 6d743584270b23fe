// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/other_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace audiosocket::app::diagnosis {
namespace {

using namespace std::string_view_literals;

// Longer than any id, digit or error code that a peer sends by mistake; shorter than the lengths that text gives when
// read as a header.
constexpr std::size_t control_bytes_max = 64;

constexpr std::size_t shown_bytes = 16;

struct beginning {
    std::string_view bytes; // '?' stands for any byte
    other_protocol what;
};

constexpr std::string_view which_port = "is the port right?";
constexpr std::string_view plain_tcp = "AudioSocket is plain TCP: switch TLS off, or end it in front of the server";
constexpr std::string_view no_proxy =
    "name the network of the load balancer in --proxy-protocol, or switch the header off there";
constexpr std::string_view sip_port =
    "that is the port for SIP; AudioSocket has a port of its own (9092 by convention)";

constexpr std::array beginnings{
    beginning{"\r\n\r\n\0\r\nQUIT\n"sv, {"a PROXY header (version 2)", no_proxy}},
    beginning{"PROXY "sv, {"a PROXY header (version 1)", no_proxy}},
    beginning{"\x16\x03?\?\?\x01"sv, {"a TLS hello", plain_tcp}},
    beginning{"\x16\x03?\?\?\x02"sv, {"a TLS answer", plain_tcp}},
    beginning{"\x15\x03?\0\x02"sv, {"a TLS alert", plain_tcp}},
    beginning{"HTTP/"sv, {"an HTTP answer", which_port}},
    beginning{"PRI * HTTP/2"sv, {"an HTTP/2 request", which_port}},
    beginning{"SIP/2.0 "sv, {"a SIP answer", sip_port}},
    beginning{"INVITE sip"sv, {"a SIP request", sip_port}},
    beginning{"REGISTER sip"sv, {"a SIP request", sip_port}},
    beginning{"OPTIONS sip"sv, {"a SIP request", sip_port}},
    beginning{"MESSAGE sip"sv, {"a SIP request", sip_port}},
    beginning{"SUBSCRIBE sip"sv, {"a SIP request", sip_port}},
    beginning{"NOTIFY sip"sv, {"a SIP request", sip_port}},
    beginning{"GET "sv, {"an HTTP request", which_port}},
    beginning{"POST "sv, {"an HTTP request", which_port}},
    beginning{"PUT "sv, {"an HTTP request", which_port}},
    beginning{"HEAD "sv, {"an HTTP request", which_port}},
    beginning{"DELETE "sv, {"an HTTP request", which_port}},
    beginning{"PATCH "sv, {"an HTTP request", which_port}},
    beginning{"OPTIONS "sv, {"an HTTP, RTSP or SIP request", which_port}},
    beginning{"CONNECT "sv, {"an HTTP request", which_port}},
    beginning{"DESCRIBE "sv, {"an RTSP request", which_port}},
    beginning{"RTSP/"sv, {"an RTSP answer", which_port}},
    beginning{"SSH-"sv, {"SSH", which_port}},
    beginning{"220 "sv, {"a greeting of SMTP or FTP", which_port}},
    beginning{"220-"sv, {"a greeting of SMTP or FTP", which_port}},
    beginning{"EHLO "sv, {"SMTP", which_port}},
    beginning{"HELO "sv, {"SMTP", which_port}},
    beginning{"+OK"sv, {"a greeting of POP3, or Redis", which_port}},
    beginning{"* OK"sv, {"a greeting of IMAP", which_port}},
    beginning{"-ERR"sv, {"an error of Redis or POP3", which_port}},
    beginning{"Asterisk Call Manager"sv, {"the manager interface of Asterisk (AMI)", which_port}},
    beginning{"agi_"sv, {"FastAGI", "dial AudioSocket() there, or AGI() at another port"}},
    beginning{"\x10?\0\4MQTT"sv, {"MQTT", which_port}},
    beginning{"\x10?\?\0\4MQTT"sv, {"MQTT", which_port}},
    beginning{"\xff\xfb"sv, {"Telnet", which_port}},
    beginning{"\xff\xfd"sv, {"Telnet", which_port}},
    beginning{"<?xml"sv, {"XML", which_port}},
    beginning{"<!DOCTYPE"sv, {"HTML", which_port}},
    beginning{"<html"sv, {"HTML", which_port}},
    beginning{"{\""sv, {"JSON", "AudioSocket has binary messages: is this a back end for a WebSocket gateway?"}},
};

bool matches(std::string_view text, std::string_view pattern) noexcept {
    return text.size() >= pattern.size() &&
           std::equal(pattern.begin(), pattern.end(), text.begin(), [](char p, char c) { return p == '?' || p == c; });
}

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_printable(char c) noexcept {
    return c >= ' ' && c <= '~';
}

bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Returns how many headers of an exact length follow each other from the first byte on, at most `most`. Returns 0 if
// anything else follows a message. Nothing may follow a hangup.
std::size_t exact_messages(std::span<const std::byte> bytes, std::size_t most) noexcept {
    std::size_t seen = 0;
    while (seen < most && bytes.size() >= header_bytes) {
        const header h = read_header(bytes.first<header_bytes>());
        bytes = bytes.subspan(std::min(bytes.size(), header_bytes + h.payload_bytes));
        if (!has_exact_length(h) || (h.kind == kind::hangup && !bytes.empty())) return 0;
        ++seen;
    }
    return seen;
}

} // namespace

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

std::optional<other_protocol> recognise(std::span<const std::byte> start) noexcept {
    const auto text = as_text(start);
    for (const beginning& b : beginnings) {
        if (!matches(text, b.bytes)) continue;
        if (b.what.name == "an HTTP request" && text.find("pgrade: websocket") != std::string_view::npos)
            return other_protocol{"a WebSocket request", "AudioSocket is plain TCP without WebSocket; use a gateway"};
        return b.what;
    }
    return std::nullopt;
}

bool is_text(std::span<const std::byte> bytes) noexcept {
    return !bytes.empty() && std::ranges::all_of(as_text(bytes), [](char c) {
        return is_printable(c) || c == '\n' || c == '\r' || c == '\t';
    });
}

bool is_uuid_text(std::span<const std::byte> bytes) noexcept {
    const auto text = as_text(bytes);
    if (text.size() >= 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-')
        return std::ranges::all_of(text.substr(0, 36), [](char c) { return c == '-' || is_hex(c); });
    return text.size() >= 32 && std::ranges::all_of(text.substr(0, 32), is_hex);
}

std::string shown(std::span<const std::byte> bytes) {
    std::string hex;
    std::string text;
    for (const std::byte b : bytes.first(std::min(bytes.size(), shown_bytes))) {
        hex += fmt::format("{:02x} ", std::to_integer<unsigned>(b));
        const auto c = static_cast<char>(b);
        text += is_printable(c) ? c : '.';
    }
    return fmt::format("{}\"{}\"", hex, text);
}

std::string shown(header h, std::span<const std::byte> payload) {
    std::array<std::byte, shown_bytes> bytes{};
    write_header(h, std::span(bytes).first<header_bytes>());
    const std::size_t more = std::min(payload.size(), shown_bytes - header_bytes);
    std::copy_n(payload.begin(), more, bytes.begin() + header_bytes);
    return shown(std::span(bytes).first(header_bytes + more));
}

} // namespace audiosocket::app::diagnosis
