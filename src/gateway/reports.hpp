// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/dialect_output.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// The longest name or value in a line of a log, so that the line stays readable.
inline constexpr std::size_t excerpt_bytes_max = 80;

/// The longest explanation: a paragraph.
inline constexpr std::size_t explanation_bytes_max = 1000;

/// Returns the beginning of a text of the back end, for logs: whole characters of UTF-8 in at most this many bytes, and
/// "..." if it was cut.
std::string excerpt(std::string_view text, std::size_t bytes_max = excerpt_bytes_max);

/// Reports a message that is ignored: its type (cut to an excerpt, may be empty), and what is wrong with it.
void report_ignored(dialect_output& out, std::string_view type, std::string why);

/// Reports a message of a type that the dialect does not know.
void report_unknown(dialect_output& out, std::string_view type);

/// Reports a binary message in a dialect whose messages are all text.
void report_binary(dialect_output& out, std::size_t bytes);

/// Reports a mistake that the back end has found and that does not end the session: its code, and its explanation (cut
/// to an excerpt).
void report_warning(dialect_output& out, std::string_view code, std::string_view explanation);

/// Reports words of the "caller" or the "agent", unless they are empty.
void report_words(dialect_output& out, std::string_view who, std::string_view words);

/// Reports a function that the back end requests. `arguments` is JSON.
void report_tool_call(dialect_output& out, std::string_view id, std::string_view name, std::string_view arguments);

/// Reports that the back end no longer needs the result of this function.
void report_tool_cancelled(dialect_output& out, std::string_view id);

} // namespace audiosocket::gateway
