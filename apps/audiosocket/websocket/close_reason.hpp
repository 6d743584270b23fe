// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include <boost/beast/websocket/rfc6455.hpp>

#include <cstdint>
#include <string_view>

namespace audiosocket::app::websocket {

/// Returns what may be sent at the end: 1000 in place of codes that RFC 6455 section 7.4 keeps for other uses, and at
/// most 123 bytes of the reason, whole characters of UTF-8.
inline boost::beast::websocket::close_reason sendable_close(std::uint16_t code, std::string_view reason) {
    const bool reserved = code < 1000 || code == 1004 || code == 1005 || code == 1006 || code == 1015 || code > 4999;
    constexpr std::size_t bytes_max = 123;
    if (reason.size() > bytes_max) {
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80)
            --end;
        reason = reason.substr(0, end);
    }
    boost::beast::websocket::close_reason close;
    close.code = reserved ? std::uint16_t{1000} : code;
    close.reason = {reason.data(), reason.size()};
    return close;
}

} // namespace audiosocket::app::websocket
