// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol.hpp>

#include <span>
#include <string>

/// \file
/// Telling AudioSocket from what is not, by a few bytes.

namespace audiosocket::app::inspect {

/// Whether a sender may have meant this header: a known kind, and a length that is not absurd for it. Wrong lengths
/// that a mistake explains (an id of 15 bytes) are plausible.
bool is_plausible(header h) noexcept;

/// Whether the bytes, the first of a packet, may start a message: a plausible header of a length that its kind really
/// has, and another one wherever the bytes reach beyond the message. Nothing follows a hangup.
bool starts_like_a_message(std::span<const std::byte> bytes) noexcept;

/// Whether the bytes, the first of a file, can hardly be anything else than messages: two or more that follow each
/// other. Samples that are silent at first look like one hangup, but not like this.
bool is_surely_messages(std::span<const std::byte> bytes) noexcept;

/// Whether the bytes start as a caller must: with the header of an id, 01 00 10.
bool starts_with_id(std::span<const std::byte> bytes) noexcept;

/// What stands there instead of a message, for people: `47 45 54 20 ... "GET / HTTP/1.1": an HTTP request`.
std::string describe_nonsense(header h, std::span<const std::byte> payload);

} // namespace audiosocket::app::inspect
