// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/error.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket {

/// The id of a call: 16 bytes in network order, as they are on the wire.
///
/// The dialplan chooses the ids. They are not unique in practice: two calls in progress may have the same id.
struct AUDIOSOCKET_EXPORT uuid {
    /// Bytes of an id on the wire.
    static constexpr std::size_t size_bytes = 16;

    /// The bytes in network order. All zeros by default.
    std::array<std::byte, size_bytes> bytes{};

    /// Compares byte by byte.
    auto operator<=>(const uuid&) const = default;

    /// Reads the form 8-4-4-4-12, in upper or lower case. Error: `usage_errc::malformed_uuid`; the result is all zeros
    /// then.
    static uuid parse(std::string_view text, error_code& error) noexcept;

    /// Reads the form 8-4-4-4-12, in upper or lower case. Throws std::system_error (`usage_errc::malformed_uuid`) with
    /// the text in its message.
    static uuid parse(std::string_view text);

    /// Makes a random UUID (version 4) from the system's entropy.
    static uuid random();

    /// Makes an id of the 16 bytes on the wire.
    static uuid from_bytes(std::span<const std::byte, size_bytes> wire) noexcept;
};

/// Returns the id in the form 8-4-4-4-12, in lower case.
AUDIOSOCKET_EXPORT std::string to_string(const uuid& id);

} // namespace audiosocket

/// Lets ids be keys of unordered containers.
template <>
struct std::hash<audiosocket::uuid> {
    /// Returns the hash of the bytes.
    std::size_t operator()(const audiosocket::uuid& id) const noexcept {
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    }
};
