// SPDX-License-Identifier: Apache-2.0
#include "admin/cluster_metrics.hpp"

#include "directory/cluster_node.hpp"

#include <algorithm>

namespace audiosocket::app::admin {

std::vector<metric> all_metrics(const more_metrics& of_verb, const directory::cluster_node* cluster) {
    auto all = of_verb ? of_verb() : std::vector<metric>{};
    directory::cluster_node::status known;
    if (cluster) known = cluster->look();
    const auto add = [&all](const char* name, const char* help, auto value, bool is_gauge) {
        all.push_back({name, help, static_cast<double>(value), is_gauge});
    };
    std::size_t calls = 0;
    for (const auto& n : known.nodes)
        calls += n.facts.calls;
    const auto ready =
        std::ranges::count_if(known.nodes, [](const auto& n) { return n.facts.state == directory::node_state::ready; });
    add("audiosocket_directory_connected", "1 if the directory of the cluster is connected, otherwise 0.",
        known.connected ? 1 : 0, true);
    add("audiosocket_directory_nodes", "Nodes of the cluster that this one knows, itself included.", known.nodes.size(),
        true);
    add("audiosocket_directory_nodes_ready", "Those of them that take new calls.", ready, true);
    add("audiosocket_directory_calls", "Calls in progress in the whole cluster.", calls, true);
    add("audiosocket_directory_connections_total", "Times that the directory was connected.", known.connections, false);
    add("audiosocket_directory_failures_total", "Times that it failed, or could not be connected.", known.failures,
        false);
    add("audiosocket_directory_updates_total", "Changes that the directory reported.", known.counted.updates, false);
    add("audiosocket_directory_ignored_total", "Entries that could not be read, or had no room.",
        known.counted.bad + known.counted.omitted, false);
    add("audiosocket_directory_sent_elsewhere_total", "Announced calls that were sent to another node.",
        known.counted.sent_away, false);
    add("audiosocket_directory_unconfirmed_total", "Announced calls that another node did not accept in time.",
        known.counted.unconfirmed, false);
    return all;
}

} // namespace audiosocket::app::admin
