// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::directory {

/// Whether a node takes new calls.
enum class node_state {
    ready,    ///< Takes calls.
    full,     ///< Has --max-calls calls.
    draining, ///< Stops: its calls go on, and it takes no new ones.
    away,     ///< Its last sign of life is too old; its lease has not ended yet.
};

std::string_view name(node_state s);
std::optional<node_state> node_state_named(std::string_view name);

/// Returns the state that a node reports of itself. `stopping`: it accepts no more calls.
node_state state_of(bool stopping, std::size_t calls, std::size_t calls_max);

/// The shortest lease: a node writes three times in a lease, and looks at its own state once a second.
inline constexpr std::chrono::seconds lease_min{3};
inline constexpr std::chrono::hours lease_max{1};

/// What a node reports of itself, three times in each lease.
struct node_facts {
    node_state state = node_state::ready;
    std::string connect;       ///< Where calls connect, as HOST:PORT.
    std::string admin;         ///< Its admin address; empty: none.
    std::size_t calls = 0;     ///< In progress.
    std::size_t calls_max = 0; ///< The limit of them.
    std::size_t waiting = 0;   ///< Announced calls that have not arrived yet.
    double load = 0;           ///< Used share of its processor time, from 0 to 1.
    std::chrono::milliseconds lease = std::chrono::seconds(15);
};

/// The name of a process in the directory: NAME=SESSION. The session makes the processes of one machine different: a
/// successor has the name of its predecessor, whose calls go on.
using node_id = std::string;

/// Returns the id of a new process. `session` is random.
node_id make_node_id(std::string_view name, unsigned session);

/// Returns the name in an id.
std::string_view name_of(std::string_view id);

/// Returns whether a node may have this name: up to 64 letters, digits, "-", "_" and ".", and no
/// "..".
bool is_node_name(std::string_view name);

} // namespace audiosocket::app::directory
