// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/message.hpp>

#include <span>

namespace audiosocket {

/// Returns why a server refuses a message of which only the beginning has arrived: the peer uses another protocol, the
/// id has a wrong length, or it is a second id. The server does not wait for the rest of such a message and reads no
/// more. Without an error, read on. `begun`: at least one byte of the message. `id_known`: whether the call has its id.
inline error_code early_objection(std::span<const std::byte> begun, bool id_known) noexcept {
    const auto k = static_cast<kind>(begun[0]);
    if (!id_known && k != kind::id && k != kind::hangup) return protocol_errc::id_expected;
    if (k != kind::id || begun.size() < header_bytes) return {};
    if (id_known) return protocol_errc::id_repeated;
    if (read_header(begun.first<header_bytes>()).payload_bytes != uuid::size_bytes) return protocol_errc::id_length;
    return {};
}

} // namespace audiosocket
