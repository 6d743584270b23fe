// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

/// \file
/// The tape of a call of the gateway: what passed on both of its sides, in the order of time.
///
/// A tape is JSON lines. The first line is the head (tape_head). Each other line is one thing that happened: `t`, the
/// milliseconds since the start, `what`, and members of its own:
///
///     of the caller      audio (rate, samples: 16 bits, little-endian, in base64) · digit (digit)
///     of the call        played (mark, sent_ms) · cleared (mark, sent_ms, cut_ms) · ended (reason)
///                        turn (total_ms, network_ms where it is known, backend_ms, queue_ms)
///                        tool (name, text of the answer, failed)
///     asked of the call  play (count of samples, rate, refused) · mark (mark) · clear · hang_up (when, why)
///     of the WebSocket   dial (address) · open · ready · reconnect · fail (why) · closed (code, reason) · dropped
///     messages           sent, received (text, or binary in base64; bytes where it was cut)
///     of the tape        left_out (lines) · full
///
/// Fields of the WebSocket's request are in none of them, so neither are keys.

namespace audiosocket::app::tape {

inline constexpr int format_version = 1;

/// The beginning of each tape.
inline constexpr std::string_view magic = R"({"audiosocket_tape":)";

/// The most that a tape keeps of one message. Audio messages have at most some 100 KiB; a session set-up with its tools
/// has less than 1 MiB.
inline constexpr std::size_t message_bytes_max = 1024 * 1024;

/// A longer line counts as damage. JSON escapes a character with at most six.
inline constexpr std::size_t line_bytes_max = 8 * message_bytes_max;

/// The call of a tape.
struct tape_head {
    std::string id{};
    std::string dialect{};
    std::string started{};  ///< UTC, such as 2026-11-30T12:00:00.000Z.
    std::string back_end{}; ///< Its address without secrets.
    std::string from{};     ///< The field of the announced context.
    std::string to{};
    std::map<std::string, std::string> parameters{}; ///< Announced; without the address of a back end.
};

/// Returns the head as a line, without the line end.
std::string to_line(const tape_head& head);

/// Reads a line of to_line(). Throws failure (file) with what is wrong.
tape_head read_head(std::string_view line);

/// Returns the current time in the format of tape_head::started.
std::string time_now();

/// One event of a tape.
struct tape_entry {
    std::size_t line = 0; ///< In the file; the head is line 1.
    std::chrono::milliseconds at{};
    std::string what{};
    boost::json::object fields{}; ///< All members, including `t` and `what`.

    /// Returns the text with this name, or an empty one.
    std::string_view text(std::string_view name) const;
    /// Returns the number with this name, or 0.
    std::int64_t number(std::string_view name) const;
    bool flag(std::string_view name) const;
};

/// Reads a line after the head. Throws std::invalid_argument with what is wrong.
tape_entry read_entry(std::string_view line, std::size_t number);

// --- Members of a line, as text: `"name":value` ---

std::string text_member(std::string_view name, std::string_view text);
std::string number_member(std::string_view name, std::int64_t number);

/// Returns samples as `"samples":"..."`.
std::string samples_member(std::span<const std::int16_t> samples);

/// Returns a message as `"text":"..."` or `"binary":"..."`, and its `bytes` if it is cut.
std::string text_message(std::string_view message);
std::string binary_message(std::span<const std::byte> message);

} // namespace audiosocket::app::tape
