// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"

#include <audiosocket/protocol/message.hpp>

#include <optional>
#include <span>
#include <string>

/// \file
/// Distinguishes AudioSocket from other protocols by a few bytes.

namespace audiosocket::app::diagnosis {

/// Returns whether a peer may have meant this header: a known kind, and a plausible length. Wrong lengths that a
/// mistake explains (an id of 15 bytes) are plausible.
bool is_plausible(header h) noexcept;

/// Returns whether the length is valid for this kind.
bool has_exact_length(header h) noexcept;

/// Returns whether the first bytes of a packet may start a message: a header with has_exact_length(), and another such
/// header after each message that is complete. Nothing may follow a hangup.
bool starts_like_a_message(std::span<const std::byte> bytes) noexcept;

/// Returns whether the first bytes of a file are almost certainly messages: two or more in sequence. Samples that begin
/// with silence look like one hangup, but not like this.
bool is_surely_messages(std::span<const std::byte> bytes) noexcept;

/// Returns whether the bytes start as those of a caller: with the header of an id, 01 00 10.
bool starts_with_id(std::span<const std::byte> bytes) noexcept;

/// Another protocol, and what to do if a peer uses it.
struct other_protocol {
    std::string_view name;   ///< With its article: "an HTTP request".
    std::string_view advice; ///< "is the port right?"
};

/// Returns the protocol whose connections begin with these bytes; nothing for AudioSocket and unknown protocols.
std::optional<other_protocol> recognise(std::span<const std::byte> start) noexcept;

/// Returns whether all bytes are printable text or line ends.
bool is_text(std::span<const std::byte> bytes) noexcept;

/// Returns whether the text begins with a UUID of 36 characters, or with its 32 hex digits.
bool is_uuid_text(std::span<const std::byte> bytes) noexcept;

/// Returns at most 16 bytes in hex and as text: `47 45 54 20 "GET "`.
std::string shown(std::span<const std::byte> bytes);

/// The same for a parsed message.
std::string shown(header h, std::span<const std::byte> payload);

} // namespace audiosocket::app::diagnosis
