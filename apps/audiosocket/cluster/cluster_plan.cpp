// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_plan.hpp"

#include "base/failure.hpp"
#include "base/host_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

namespace audiosocket::app::cluster {
namespace {

constexpr const char* node_example = "n1=10.0.0.1:9092,admin=10.0.0.1:9093,agent=10.0.0.1:9094";

constexpr std::size_t name_chars_max = 32;

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
    throw failure(exit_code::usage, '"' + text + "\": " + why);
}

bool is_one_of(char c, std::string_view others) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
}

// A name is a word of HAProxy's configuration.
void check_name(const std::string& text, const std::string& name) {
    const bool good = !name.empty() && name.size() <= name_chars_max &&
                      std::ranges::all_of(name, [](char c) { return is_one_of(c, "_-."); });
    if (!good)
        refuse(text,
               fmt::format("a name has 1 to {} letters, digits, - _ or ., as in {}", name_chars_max, node_example));
}

// A host is a word of HAProxy's configuration as well.
address read_address(const std::string& text) {
    auto where = parse_server_address(text);
    if (!std::ranges::all_of(where.host, [](char c) { return is_one_of(c, "_-.:"); }))
        refuse(text, "the host is not a name or an IP address");
    return where;
}

// Returns NAME and the rest of NAME=REST.
std::pair<std::string, std::string> split(const std::string& text, const std::string& part) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) refuse(text, fmt::format("expected NAME=HOST:PORT, as in {}", node_example));
    return {part.substr(0, equals), part.substr(equals + 1)};
}

} // namespace

node read_node(const std::string& text) {
    if (text.ends_with(',')) refuse(text, "it ends with a comma");
    std::istringstream parts(text);
    std::string part;
    std::getline(parts, part, ',');
    const auto [name, calls] = split(text, part);
    check_name(text, name);
    node n{name, read_address(calls), {}, {}};
    while (std::getline(parts, part, ',')) {
        const auto [what, where] = split(text, part);
        if (what != "admin" && what != "agent") refuse(text, what + " is not known; known are admin= and agent=");
        auto& to = what == "admin" ? n.admin : n.agent;
        if (to) refuse(text, what + "= is given twice");
        if (where.find(':') == std::string::npos) refuse(text, what + "= needs HOST:PORT");
        to = read_address(where);
    }
    return n;
}

table_peer read_peer(const std::string& text) {
    const auto [name, where] = split(text, text);
    check_name(text, name);
    return {name, read_address(where)};
}

void check_nodes(const std::vector<node>& nodes) {
    if (nodes.empty()) throw failure(exit_code::usage, fmt::format("no node is given; give each as {}", node_example));
    if (nodes.size() > nodes_max)
        throw failure(exit_code::usage,
                      fmt::format("{} nodes are given, and at most {} are possible", nodes.size(), nodes_max));
    std::map<std::string, std::string> seen; // a name or an address, and the node that has it
    for (const auto& n : nodes) {
        if (!seen.emplace(n.name, n.name).second) throw failure(exit_code::usage, n.name + " is given twice");
        for (const auto& where : {std::optional(n.calls), n.admin, n.agent}) {
            if (!where) continue;
            const auto [other, is_new] = seen.emplace(to_string(*where), n.name);
            if (!is_new)
                throw failure(exit_code::usage,
                              fmt::format("{} and {} have the same address {}", other->second, n.name, other->first));
        }
    }
    const auto with_admin = std::ranges::find_if(nodes, [](const node& n) { return n.admin.has_value(); });
    const auto without = std::ranges::find_if(nodes, [](const node& n) { return !n.admin; });
    if (with_admin != nodes.end() && without != nodes.end())
        throw failure(exit_code::usage,
                      fmt::format("{} has admin= and {} has not: calls are announced to all nodes, or to none",
                                  with_admin->name, without->name));
}

bool takes_announcements(const cluster_plan& plan) noexcept {
    return !plan.nodes.empty() && plan.nodes.front().admin.has_value();
}

} // namespace audiosocket::app::cluster
