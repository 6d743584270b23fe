// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::cluster {

/// A process that answers calls, as the load balancer reaches it.
struct node {
    std::string name;
    address calls;
    std::optional<address> admin; ///< Where calls are announced.
    std::optional<address> agent; ///< Its --agent-check.
};

/// Another HAProxy that shares the table of announced calls.
struct table_peer {
    std::string name;
    address where;
};

/// Nodes behind one address.
struct cluster_plan {
    std::vector<node> nodes;
    address listen_calls;
    address listen_http;
    std::optional<address> metrics; ///< Where HAProxy's own metrics are; nothing: nowhere.
    std::vector<table_peer> peers;
    std::string stats_socket;
    std::size_t calls_max = 0; ///< Of each node.
    std::chrono::milliseconds check_interval{};
    bool proxy_protocol = false; ///< The nodes get the real peer in a PROXY header.
};

/// The most nodes of one load balancer.
inline constexpr std::size_t nodes_max = 1000;

/// Reads NAME=HOST:PORT[,admin=HOST:PORT][,agent=HOST:PORT]. Throws failure (usage), which says what is wrong.
node read_node(const std::string& text);

/// Reads NAME=HOST:PORT. Throws failure (usage).
table_peer read_peer(const std::string& text);

/// Throws failure (usage) if the nodes do not fit together: a name or an address twice, or an admin address that only
/// some have.
void check_nodes(const std::vector<node>& nodes);

/// Returns whether calls are announced to these nodes through the load balancer.
bool takes_announcements(const cluster_plan& plan) noexcept;

} // namespace audiosocket::app::cluster
