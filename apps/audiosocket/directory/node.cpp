// SPDX-License-Identifier: Apache-2.0
#include "directory/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace audiosocket::app::directory {
namespace {

constexpr std::array<std::string_view, 4> names{"ready", "full", "draining", "away"};
constexpr std::size_t name_chars_max = 64; // the longest host name on Linux

} // namespace

std::string_view name(node_state s) {
    return names.at(static_cast<std::size_t>(s));
}

std::optional<node_state> node_state_named(std::string_view name) {
    const auto* found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<node_state>(found - names.begin());
}

node_state state_of(bool stopping, std::size_t calls, std::size_t calls_max) {
    if (stopping) return node_state::draining;
    return calls >= calls_max ? node_state::full : node_state::ready;
}

node_id make_node_id(std::string_view name, unsigned session) {
    return fmt::format("{}={:08x}", name, session);
}

std::string_view name_of(std::string_view id) {
    return id.substr(0, id.find('='));
}

bool is_node_name(std::string_view name) {
    // NATS takes a point for the end of a part of the name, and an empty part is an error.
    const bool has_empty_part = name.find("..") != std::string_view::npos;
    return !name.empty() && name.size() <= name_chars_max && !has_empty_part &&
           std::ranges::all_of(name, [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_' || c == '.';
           });
}

} // namespace audiosocket::app::directory
