// SPDX-License-Identifier: Apache-2.0
#include "admin/cluster_json.hpp"

#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace audiosocket::app::admin {
namespace {

namespace json = boost::json;

// The clocks of the machines may differ a little.
double age_seconds(const directory::call_entry& c) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    return rounded(std::max(0.0, static_cast<double>(now.count() - c.since_ms) / 1000));
}

struct row {
    double age = 0;
    directory::member::known_call call;
};

json::object shown(const row& r) {
    return {{"id", to_string(r.call.id)},
            {"node", directory::name_of(r.call.node)},
            {"peer", printable(r.call.facts.peer)},
            {"age_seconds", r.age}};
}

bool matches(const std::string& filter, const uuid& id, const std::string& peer) {
    return filter.empty() || to_string(id).find(filter) != std::string::npos || peer.find(filter) != std::string::npos;
}

} // namespace

json::object nodes_json(const directory::cluster_node& cluster) {
    const auto known = cluster.look();
    json::array nodes;
    for (const auto& n : known.nodes) {
        nodes.push_back(json::object{{"node", directory::name_of(n.node)},
                                     {"session", n.node.substr(std::min(n.node.find('=') + 1, n.node.size()))},
                                     {"this", n.is_this},
                                     {"state", directory::name(n.facts.state)},
                                     {"connect", printable(n.facts.connect)},
                                     {"admin", printable(n.facts.admin)},
                                     {"calls", n.facts.calls},
                                     {"calls_max", n.facts.calls_max},
                                     {"waiting", n.facts.waiting},
                                     {"load", rounded(n.facts.load)}});
    }
    return {{"directory", json::object{{"where", printable(known.directory)},
                                       {"connected", known.connected},
                                       {"why", printable(known.why)}}},
            {"nodes", std::move(nodes)}};
}

json::object to_json(const directory::member::known_call& c) {
    return shown({age_seconds(c.facts), c});
}

json::object cluster_json(const directory::cluster_node& cluster, const snapshot& s, const call_query& q) {
    std::vector<row> rows;
    for (const auto& c : s.calls) {
        auto peer = host_port(c.peer);
        if (!matches(q.filter, c.id, peer)) continue;
        const double age = rounded(std::chrono::duration<double>(c.age).count());
        rows.push_back({age, {cluster.id(), c.id, {std::move(peer), 0}}});
    }
    std::size_t all = s.calls.size();
    for (auto& c : cluster.calls_elsewhere()) {
        ++all;
        if (matches(q.filter, c.id, c.facts.peer)) rows.push_back({age_seconds(c.facts), std::move(c)});
    }
    std::ranges::stable_sort(rows,
                             [&](const row& a, const row& b) { return q.descending ? b.age < a.age : a.age < b.age; });
    const auto begin = std::min(q.offset, rows.size());
    const auto end = begin + std::min(q.limit, rows.size() - begin);
    json::array calls;
    for (auto n = begin; n < end; ++n)
        calls.push_back(shown(rows[n]));
    auto out = nodes_json(cluster);
    out.emplace("calls_up", all);
    out.emplace("matching", rows.size());
    out.emplace("truncated", calls.size() < rows.size());
    out.emplace("calls", std::move(calls));
    return out;
}

} // namespace audiosocket::app::admin
