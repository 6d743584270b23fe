// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::gateway {

/// Appends the bytes to `to` as base64 (RFC 4648 section 4, with padding).
AUDIOSOCKET_EXPORT void append_base64(std::string& to, std::span<const std::byte> bytes);

/// Returns the bytes that the text stands for, or nothing if it is not base64. Accepts the standard alphabet, the URL
/// alphabet ('-', '_') and missing padding, because some services send these.
AUDIOSOCKET_EXPORT std::optional<std::vector<std::byte>> decode_base64(std::string_view text);

} // namespace audiosocket::gateway
