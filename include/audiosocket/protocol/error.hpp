// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <system_error>

namespace audiosocket {

/// The one error type of the library. Asynchronous operations complete with `boost::system::error_code`, which
/// converts to and from this one and compares equal to the values below.
using error_code = std::error_code;

/// The peer is wrong: what arrived breaks the protocol. Each of these ends a call.
enum class protocol_errc {
    /// The first message is not an id. Most often the peer does not speak AudioSocket at all.
    id_expected = 1,
    /// An id message whose payload is not 16 bytes.
    id_length,
    /// A second id message within one call. The call keeps its first id and ends.
    id_repeated,
    /// No whole id arrived within the id deadline (call_options::id_timeout).
    id_timeout,
    /// A message began to arrive and was not whole within the message deadline (call_options::message_timeout).
    message_timeout,
    /// The stream ended inside a message.
    message_truncated,
    /// The kind of the message does not fit: an id was read from an audio message, or an audio message made of a kind
    /// that is not audio.
    wrong_kind,
    /// The peer sent an error message (kind 0xff).
    error_received,
    /// The peer does not read, or reads too slowly. The network did not take a message within the send deadline, or
    /// took less than half of the audio in that time (call_options::send_timeout).
    send_timeout,
    /// Nothing arrived from the peer for the time of call_options::idle_timeout.
    idle_timeout,
};

/// The application is wrong: a bad argument, or a function called out of order. The operation had no effect.
enum class usage_errc {
    /// A payload of more than 65,535 bytes, which the 16-bit length cannot express.
    payload_too_long = 1,
    /// The text is not a UUID of the form 8-4-4-4-12 hexadecimal digits.
    malformed_uuid,
    /// Not one of the digits 0-9 * # A-D.
    not_a_dtmf_digit,
    /// Audio of no bytes, or of an odd number, where whole 16-bit samples are needed.
    not_whole_samples,
    /// The playout queue would exceed its bound; play less, or wait for a mark.
    playout_full,
    /// The call has ended.
    call_ended,
    /// Only the calling side (Asterisk's side) may send this.
    caller_only,
    /// A sample rate outside 4,000 to 768,000 Hz.
    unsupported_rate,
    /// The playout queue was cleared while a playout_stream wrote to it; nothing more of that stream is played.
    playout_cleared,
};

/// Returns the category of protocol_errc.
AUDIOSOCKET_EXPORT const std::error_category& protocol_category() noexcept;
/// Returns the category of usage_errc.
AUDIOSOCKET_EXPORT const std::error_category& usage_category() noexcept;

/// Returns the error as an error_code, for comparisons and conversions.
inline error_code make_error_code(protocol_errc e) noexcept {
    return {static_cast<int>(e), protocol_category()};
}
/// Returns the error as an error_code, for comparisons and conversions.
inline error_code make_error_code(usage_errc e) noexcept {
    return {static_cast<int>(e), usage_category()};
}

} // namespace audiosocket

template <>
struct std::is_error_code_enum<audiosocket::protocol_errc> : std::true_type {};
template <>
struct std::is_error_code_enum<audiosocket::usage_errc> : std::true_type {};
