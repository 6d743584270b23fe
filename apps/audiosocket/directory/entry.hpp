// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/node.hpp"

#include <audiosocket/protocol/uuid.hpp>

#include <cstdint>

/// \file
/// The entries of a directory: text keys with JSON values.
///
///     node/NODE         what a node reports of itself
///     call/NODE/UUID    a call in progress on that node
///     context/UUID      an announced call; the value names its home
///     end/NODE/UUID     the request to that node to hang up a call; the node removes it
///
/// NODE is a node_id. What cannot be read is ignored and counted (member_counts::bad).
namespace audiosocket::app::directory {

/// A change in a directory. Revisions of one directory increase.
struct update {
    std::string key;
    std::optional<std::string> value; ///< Nothing: removed.
    std::uint64_t revision = 0;
};

/// The longest key and value that are read. A context has at most 16 KiB, which JSON may double.
inline constexpr std::size_t key_bytes_max = 200;
inline constexpr std::size_t value_bytes_max = std::size_t{64} << 10;

enum class entry_kind { node, call, context, end };

struct entry_key {
    entry_kind kind = entry_kind::node;
    node_id node; ///< Empty for a context.
    uuid id;      ///< All zeros for a node.

    /// Reads a key; nothing if it is not one.
    static std::optional<entry_key> parse(std::string_view text);
    std::string text() const;
};

std::string to_value(const node_facts& f);
std::optional<node_facts> parse_node(std::string_view value);

struct call_entry {
    std::string peer;          ///< Address of the caller's Asterisk, as HOST:PORT.
    std::int64_t since_ms = 0; ///< When it began, in milliseconds since 1970.
};
std::string to_value(const call_entry& c);
std::optional<call_entry> parse_call(std::string_view value);

struct context_entry {
    node_id home;         ///< Where the call is to connect.
    bool held = false;    ///< The home has it.
    bool refused = false; ///< The home does not take it.
    std::string context;  ///< Any text.
};
std::string to_value(const context_entry& c);
std::optional<context_entry> parse_context(std::string_view value);

/// How a call is hung up: at once, or when the queued audio has been played.
struct end_entry {
    bool when_played = false;
    node_id by; ///< Who asks.
};
std::string to_value(const end_entry& e);
std::optional<end_entry> parse_end(std::string_view value);

} // namespace audiosocket::app::directory
