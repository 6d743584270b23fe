// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/websocket_peer.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace audiosocket::sim {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// Returns a server's answer to this key (RFC 6455 section 4.2.2).
std::string accept_key(const std::string& key) {
    const auto text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 64> out{};
    EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(digest.size()));
    return reinterpret_cast<const char*>(out.data());
}

void append_number(std::string& to, std::size_t number, int digits) {
    while (digits-- > 0)
        to += static_cast<char>(number >> (8 * digits) & 0xff);
}

} // namespace

void websocket_peer::read() {
    flush();
    if (!reads_) return;
    const auto bytes = line_.read();
    in_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!accepted_) {
        if (in_.find(head_end) != std::string::npos && !std::exchange(was_requested_, true) && on_request) on_request();
        return;
    }
    read_frames();
}

void websocket_peer::set_reading(bool reads) {
    reads_ = reads;
    if (reads) read();
}

std::string websocket_peer::path() const {
    const auto begin = in_.find(' ') + 1;
    return in_.substr(begin, in_.find(' ', begin) - begin);
}

void websocket_peer::accept() {
    const auto key = field("Sec-WebSocket-Key");
    const auto subprotocol = field("Sec-WebSocket-Protocol");
    in_.erase(0, in_.find(head_end) + head_end.size());
    accepted_ = true;
    send_raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
             accept_key(key) + (subprotocol.empty() ? "" : "\r\nSec-WebSocket-Protocol: " + subprotocol) + "\r\n\r\n");
    read_frames();
}

// Returns a field of the request, or an empty text.
std::string websocket_peer::field(const std::string& name) const {
    const auto at = in_.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return in_.substr(begin, in_.find('\r', begin) - begin);
}

void websocket_peer::send(opcode kind, std::string_view payload, bool last) {
    if (line_.is_over()) return;
    std::string frame(1, static_cast<char>((last ? 0x80 : 0) | static_cast<int>(kind)));
    if (payload.size() < 126) {
        append_number(frame, payload.size(), 1);
    } else if (payload.size() < 65'536) {
        append_number(frame, 126, 1);
        append_number(frame, payload.size(), 2);
    } else {
        append_number(frame, 127, 1);
        append_number(frame, payload.size(), 8);
    }
    send_raw(frame.append(payload));
}

void websocket_peer::send_raw(std::string_view bytes) {
    out_ += bytes;
    flush();
}

void websocket_peer::send_close(std::uint16_t code) {
    if (std::exchange(closed_, true)) return;
    send(opcode::close, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

void websocket_peer::flush() {
    if (out_.empty() || line_.is_over() || !line_.is_connected()) return;
    out_.erase(0, line_.send(bytes_of(out_)));
}

void websocket_peer::read_frames() {
    for (;;) {
        const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(in_[at])); };
        if (in_.size() < 2) return;
        std::size_t length = byte(1) & 0x7f;
        std::size_t at = 2;
        if (length >= 126) {
            const std::size_t digits = length == 126 ? 2 : 8;
            if (in_.size() < at + digits) return;
            length = 0;
            for (std::size_t i = 0; i < digits; ++i)
                length = length << 8 | byte(at + i);
            at += digits;
        }
        if (in_.size() < at + 4 + length) return;
        std::string payload(length, 0);
        for (std::size_t i = 0; i < length; ++i)
            payload[i] = static_cast<char>(byte(at + 4 + i) ^ byte(at + i % 4));
        const auto kind = static_cast<opcode>(byte(0) & 0x0f);
        const bool last = (byte(0) & 0x80) != 0;
        in_.erase(0, at + 4 + length);
        switch (kind) {
        case opcode::ping: send(opcode::pong, payload); break;
        case opcode::pong: break;
        case opcode::close:
            send_close(1000);
            if (on_close) on_close();
            return;
        case opcode::text:
        case opcode::binary: kind_ = kind; [[fallthrough]];
        case opcode::more:
            message_ += payload;
            if (last && on_message) on_message(kind_, std::exchange(message_, {}));
        }
    }
}

} // namespace audiosocket::sim
