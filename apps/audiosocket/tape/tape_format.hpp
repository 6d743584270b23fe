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
///                        turn (total_ms, backend_ms, queue_ms)
///     asked of the call  play (count of samples, rate, refused) · mark (mark) · clear · hang_up (when, why)
///     of the WebSocket   dial (address) · open · ready · reconnect · fail (why) · closed (code, reason) · dropped
///     messages           sent, received (text, or binary in base64; bytes where it was cut)
///     of the tape        left_out (lines) · full
///
/// Fields of the WebSocket's request are in none of them, so neither are keys.

namespace audiosocket::app::tape {

inline constexpr int format_version = 1;

/// How each tape begins.
inline constexpr std::string_view magic = R"({"audiosocket_tape":)";

/// What a tape keeps of one message. Audio messages have at most some 100 KiB; a set-up with its tools less than 1 MiB.
inline constexpr std::size_t message_bytes_max = 1024 * 1024;

/// A longer line is damage. JSON makes at most six characters of one.
inline constexpr std::size_t line_bytes_max = 8 * message_bytes_max;

/// Which call it was.
struct tape_head {
    std::string id{};
    std::string dialect{};
    std::string started{};  ///< UTC, as 2026-11-30T12:00:00.000Z.
    std::string back_end{}; ///< Its address without secrets.
    std::string from{};     ///< Of the announced context.
    std::string to{};
    std::map<std::string, std::string> parameters{}; ///< Announced; without the address of a back end.
};

/// Returns the head as a line, without its end.
std::string to_line(const tape_head& head);

/// Reads what to_line() made. Throws failure (file), which says what is wrong.
tape_head read_head(std::string_view line);

/// Returns now as tape_head::started has it.
std::string time_now();

/// One thing that happened.
struct tape_entry {
    std::size_t line = 0; ///< Of the file, the head being 1.
    std::chrono::milliseconds at{};
    std::string what{};
    boost::json::object fields{}; ///< All members, `t` and `what` included.

    /// The text at this name, or an empty one.
    std::string_view text(std::string_view name) const;
    /// The number at this name, or 0.
    std::int64_t number(std::string_view name) const;
    bool flag(std::string_view name) const;
};

/// Reads a line behind the head. Throws std::invalid_argument, which says what is wrong.
tape_entry read_entry(std::string_view line, std::size_t number);

// --- Members of a line, as text: `"name":value` ---

std::string text_member(std::string_view name, std::string_view text);
std::string number_member(std::string_view name, std::int64_t number);

/// Samples as `"samples":"..."`.
std::string samples_member(std::span<const std::int16_t> samples);

/// A message as `"text":"..."` or `"binary":"..."`, and its `bytes` where it is cut.
std::string text_message(std::string_view message);
std::string binary_message(std::span<const std::byte> message);

} // namespace audiosocket::app::tape
