// SPDX-License-Identifier: Apache-2.0
#include "cluster/haproxy_configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace audiosocket::app::cluster {
namespace {

// Connections of HAProxy that are not calls: announcements, statistics, checks.
constexpr std::size_t other_connections = 2000;

std::string lines_for_global(const cluster_plan& plan, std::size_t connections) {
    return fmt::format(R"(# HAProxy for AudioSocket: {} behind one address. Made by: audiosocket cluster haproxy
# Check it with haproxy -c -f FILE. A reload (systemctl reload haproxy) ends no call.

global
    log stdout format raw local0 info
    # One connection is a call: two file descriptors. HAProxy raises its own limit of open files to fit.
    maxconn {}
    stats socket {} mode 660 level admin expose-fd listeners

defaults
    log global
    timeout connect 1s
    timeout client 10s
    timeout server 10s
    # A connection that a node does not accept is tried once more there, then at another node.
    retries 2
    option redispatch 1
)",
                       plan.nodes.size() == 1 ? "a node" : fmt::format("{} nodes", plan.nodes.size()), connections,
                       plan.stats_socket);
}

std::string lines_for_peers(const cluster_plan& plan) {
    if (plan.peers.empty() || !takes_announcements(plan)) return {};
    std::string all = R"(
# The HAProxies that share the table of announced calls. Each finds itself by its host name (or haproxy -L NAME).
peers balancers
)";
    for (const auto& p : plan.peers)
        all += fmt::format("    peer {} {}\n", p.name, to_string(p.where));
    return all;
}

std::string lines_for_calls(const cluster_plan& plan, std::size_t connections) {
    return fmt::format(R"(
# --- Calls: AudioSocket over TCP ---

frontend calls
    mode tcp
    bind {}
    maxconn {}
    option tcplog
    # The first message is 01 00 10 and the 16 bytes of the UUID. They choose the node.
    tcp-request inspect-delay 5s
    tcp-request content reject if {{ req.len ge 3 }} !{{ req.payload(0,3) -m bin 010010 }}
    tcp-request content set-var(sess.key) req.payload(3,16),hex,lower if {{ req.len ge 19 }}
    tcp-request content accept if {{ req.len ge 19 }}
    tcp-request content reject
    # A side that has hung up waits so long for the other side.
    timeout client-fin 10s
    default_backend nodes
)",
                       to_string(plan.listen_calls), connections);
}

std::string interval_of(const cluster_plan& plan) {
    return fmt::format("{}ms", plan.check_interval.count());
}

std::string agent_of(const node& n, const std::string& interval) {
    if (!n.agent) return {};
    return fmt::format(" agent-check agent-addr {} agent-port {} agent-inter {}", n.agent->host, n.agent->port,
                       interval);
}

std::string lines_for_nodes(const cluster_plan& plan) {
    const auto interval = interval_of(plan);
    const auto fast = fmt::format("{}ms", std::max<std::int64_t>(plan.check_interval.count() / 4, 1));
    std::string all = R"(
backend nodes
    mode tcp
    # From the id to the end of the call. A node sends audio every 20 ms, so a call that is silent in both directions
    # for so long has lost a machine.
    timeout tunnel 2m
    timeout server-fin 10s
    # The same UUID has the same node here and below. A node that joins or leaves moves only its own part of the calls.
    balance hash var(sess.key)
    hash-type consistent
)";
    if (takes_announcements(plan)) {
        all +=
            R"(    # A call goes to the node that has its announcement, also if that drains, or if weights have changed since.
    stick match var(sess.key) table announcements
)";
    }
    all += fmt::format(
        R"(    # check: the port answers. agent-check: the node sets its own weight, and asks for no more calls (drain) before
    # it stops. The calls of a node that is down end at once, so that the dialplan goes on.
    default-server check inter {} fastinter {} fall 2 rise 1 on-marked-down shutdown-sessions weight 100{}
)",
        interval, fast, plan.proxy_protocol ? " send-proxy-v2" : "");
    std::size_t id = 0;
    for (const auto& n : plan.nodes) {
        all += fmt::format("    server {} {} id {}{}\n", n.name, to_string(n.calls), ++id, agent_of(n, interval));
    }
    return all;
}

std::string lines_for_announcements(const cluster_plan& plan) {
    if (!takes_announcements(plan)) return {};
    std::string all = fmt::format(R"(
# --- Announcements: PUT /calls/UUID at the admin addresses, and hanging up by UUID ---

frontend http
    mode http
    bind {}
    option httplog
    timeout http-request 5s
    timeout http-keep-alive 30s
    # The same key as that of the call: 32 lower-case digits.
    http-request set-var(txn.key) path,field(3,/),regsub(-,,g),lower if {{ path_beg /calls/ }}
    http-request set-var(txn.key) path,field(6,/),lower,regsub(^ca,),regsub(\.json$,) if {{ path_beg /2010-04-01/Accounts/ }}
    # Lists, metrics and the page are those of one node: ask that node.
    http-request return status 404 content-type text/plain lf-string "only /calls/UUID is balanced; ask a node itself" unless {{ var(txn.key) -m reg ^[0-9a-f]{{32}}$ }}
    default_backend announcements

backend announcements
    mode http
    balance hash var(txn.key)
    hash-type consistent
    # Remembers which node has the announcement, for the call that follows and for hanging it up.
    stick-table type string len 32 size 1m expire 1h{}
    stick on var(txn.key)
    # Up or down as the same node above. The weight is its own, because track does not include it.
)",
                                  to_string(plan.listen_http), plan.peers.empty() ? "" : " peers balancers");
    std::size_t id = 0;
    for (const auto& n : plan.nodes)
        all += fmt::format("    server {} {} id {} weight 100 track nodes/{}{}\n", n.name, to_string(*n.admin), ++id,
                           n.name, agent_of(n, interval_of(plan)));
    return all;
}

std::string lines_for_metrics(const cluster_plan& plan) {
    if (!plan.metrics) return {};
    return fmt::format(R"(
# --- HAProxy's own metrics and its page ---

frontend statistics
    mode http
    bind {}
.if feature(PROMEX)
    http-request use-service prometheus-exporter if {{ path /metrics }}
.endif
    stats enable
    stats uri /
    stats refresh 5s
)",
                       to_string(*plan.metrics));
}

} // namespace

std::string haproxy_configuration(const cluster_plan& plan) {
    const std::size_t calls = plan.nodes.size() * plan.calls_max;
    return lines_for_global(plan, calls + other_connections) + lines_for_peers(plan) + lines_for_calls(plan, calls) +
           lines_for_nodes(plan) + lines_for_announcements(plan) + lines_for_metrics(plan);
}

} // namespace audiosocket::app::cluster
