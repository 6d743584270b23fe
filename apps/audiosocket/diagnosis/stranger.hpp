// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"

#include <audiosocket/protocol/message.hpp>

#include <optional>
#include <span>
#include <string>

/// \file
/// Tells AudioSocket from other protocols by a few bytes.

namespace audiosocket::app::diagnosis {

/// Whether a peer may have meant this header: a known kind, and a length that is not absurd for it. Wrong lengths that
/// a mistake explains (an id of 15 bytes) are plausible.
bool is_plausible(header h) noexcept;

/// Whether the length is one that this kind really has.
bool has_exact_length(header h) noexcept;

/// Whether the bytes, the first of a packet, may start a message: a header with has_exact_length(), and another one
/// wherever the bytes reach beyond the message. Nothing follows a hangup.
bool starts_like_a_message(std::span<const std::byte> bytes) noexcept;

/// Whether the bytes, the first of a file, can hardly be anything else than messages: two or more that follow each
/// other. Samples that are silent at first look like one hangup, but not like this.
bool is_surely_messages(std::span<const std::byte> bytes) noexcept;

/// Whether the bytes start as those of a caller: with the header of an id, 01 00 10.
bool starts_with_id(std::span<const std::byte> bytes) noexcept;

/// Another protocol, and what to do when a peer speaks it.
struct other_protocol {
    std::string_view name;   ///< With its article: "an HTTP request".
    std::string_view advice; ///< "is the port right?"
};

/// The protocol that begins with these bytes, the first of a connection; nothing for AudioSocket and for the unknown.
std::optional<other_protocol> recognise(std::span<const std::byte> start) noexcept;

/// Whether all bytes are printable text or line ends.
bool is_text(std::span<const std::byte> bytes) noexcept;

/// Whether the text begins with a UUID of 36 characters, or with its 32 hex digits.
bool is_uuid_text(std::span<const std::byte> bytes) noexcept;

/// At most 16 bytes in hex and as text: `47 45 54 20 "GET "`.
std::string shown(std::span<const std::byte> bytes);

/// The same for a message that has been taken apart.
std::string shown(header h, std::span<const std::byte> payload);

} // namespace audiosocket::app::diagnosis
