// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"
#include "base/printable.hpp"
#include "cluster/cluster_plan.hpp"
#include "cluster/haproxy_configuration.hpp"
#include "verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

namespace audiosocket::app::cluster {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket cluster haproxy --node n1=10.0.0.1:9092 --node n2=10.0.0.2:9092
      two nodes behind port 9092 of this machine
  audiosocket cluster haproxy --node n1=10.0.0.1:9092,admin=10.0.0.1:9093,agent=10.0.0.1:9094 ...
      and announcements (PUT /calls/UUID) at port 9093; the nodes set their weight and announce a stop
  audiosocket cluster haproxy --node n1=10.0.0.1:9092 --proxy-protocol -o /etc/haproxy/haproxy.cfg
      the nodes see the real peers; start them with --proxy-protocol and the address of this machine

Check a file with haproxy -c -f FILE. docs/scale.md has the runbook.
Exit codes: 0 printed, 2 wrong command line, 4 the file cannot be written.)";

struct cluster_options {
    std::string balancer;
    std::vector<std::string> nodes;
    std::vector<std::string> peers;
    std::string listen = "0.0.0.0:9092";
    std::optional<std::string> listen_http;
    std::optional<std::string> metrics;
    std::string stats_socket = "/run/haproxy/admin.sock";
    std::size_t max_calls = 800;
    double check_interval_s = 2;
    bool proxy_protocol = false;
    std::string output;
};

// Runs the action; its failure names the option.
template <class Action>
auto about(const char* option, Action action) {
    try {
        return action();
    } catch (const failure& e) {
        throw failure(e.code(), fmt::format("{}: {}", option, e.what()));
    }
}

address read_bind(const char* option, const std::string& text) {
    return about(option, [&] {
        auto where = parse_listen_address_with_port(text);
        if (where.port == 0) throw failure(exit_code::usage, '"' + text + "\": HAProxy needs a port, not 0");
        if (!std::ranges::all_of(where.host,
                                 [](unsigned char c) { return c > ' ' && c <= '~' && c != '"' && c != '#'; }))
            throw failure(exit_code::usage, '"' + text + "\": the host is not a name or an IP address");
        return where;
    });
}

// The path is a word of HAProxy's configuration, and the kernel limits its length.
void check_socket_path(const std::string& path) {
    constexpr std::size_t longest = 90;
    const bool good = path.starts_with('/') && path.size() <= longest && std::ranges::all_of(path, [](unsigned char c) {
                          return c > ' ' && c <= '~' &&
                                 std::string_view("\"'\\#$").find(static_cast<char>(c)) == std::string_view::npos;
                      });
    if (!good)
        throw wrong_value("--stats-socket", path,
                          fmt::format("expected an absolute path of at most {} characters, without spaces", longest));
}

cluster_plan plan_of(const cluster_options& o) {
    cluster_plan plan;
    about("--node", [&] {
        for (const auto& text : o.nodes)
            plan.nodes.push_back(read_node(text));
        check_nodes(plan.nodes);
    });
    about("--peer", [&] {
        for (const auto& text : o.peers)
            plan.peers.push_back(read_peer(text));
    });
    if (o.listen_http && !takes_announcements(plan))
        throw failure(exit_code::usage,
                      "--listen-http: no node has an address for announcements; give admin= in --node");
    if (!o.peers.empty() && !takes_announcements(plan))
        throw failure(exit_code::usage,
                      "--peer: without announcements there is no table to share; give admin= in --node");
    plan.listen_calls = read_bind("--listen", o.listen);
    plan.listen_http = read_bind("--listen-http", o.listen_http.value_or("0.0.0.0:9093"));
    if (o.metrics) plan.metrics = read_bind("--metrics", *o.metrics);
    check_socket_path(o.stats_socket);
    plan.stats_socket = o.stats_socket;
    plan.calls_max = o.max_calls;
    plan.check_interval = std::chrono::milliseconds(std::llround(o.check_interval_s * 1000));
    plan.proxy_protocol = o.proxy_protocol;
    return plan;
}

// Writes a new file and renames it, so that HAProxy never reads half of it. A device or a pipe is not replaced.
void write_file(const std::filesystem::path& path, const std::string& text) {
    const auto fail = [&](const std::string& why) { throw failure(exit_code::file, path.string() + ": " + why); };
    std::error_code unknown;
    const auto found = std::filesystem::status(path, unknown);
    const bool replaces = !std::filesystem::exists(found) || std::filesystem::is_regular_file(found);
    auto fresh = path;
    if (replaces) fresh += ".new";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(fresh.c_str(), replaces ? "wx" : "w"),
                                                               &std::fclose);
    if (!file) fail(std::generic_category().message(errno) + " (" + fresh.string() + ")");
    const bool written =
        std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() && std::fflush(file.get()) == 0;
    std::error_code error(errno, std::generic_category());
    if (written) error.clear();
    if (written && replaces) std::filesystem::rename(fresh, path, error);
    if (!written || error) {
        std::error_code ignored;
        if (replaces) std::filesystem::remove(fresh, ignored);
        fail(error.message());
    }
}

exit_code run(const cluster_options& o) {
    const auto text = haproxy_configuration(plan_of(o));
    if (o.output.empty())
        std::cout << text;
    else
        write_file(o.output, text);
    return exit_code::good;
}

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto& verb = *command.add_subcommand("cluster", "Print the configuration of a load balancer for several nodes");
    const auto o = std::make_shared<cluster_options>();
    verb.footer(examples);
    verb.add_option("balancer", o->balancer, "The load balancer: haproxy")
        ->required()
        ->check(CLI::IsMember({"haproxy"}).description(""))
        ->type_name("");
    verb.add_option("--node", o->nodes,
                    "A node: its name and where it answers calls, then ,admin=HOST:PORT and ,agent=HOST:PORT; repeated")
        ->required()
        ->take_all()
        ->type_name("NAME=HOST:PORT");
    verb.add_option("--listen", o->listen, "Where HAProxy answers calls")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    verb.add_option("--listen-http", o->listen_http, "Where it answers announcements, with admin=: 0.0.0.0:9093")
        ->type_name("HOST:PORT");
    verb.add_flag("--proxy-protocol", o->proxy_protocol,
                  "Send the real peer to the nodes, in a PROXY header (version 2)");
    verb.add_option("--max-calls", o->max_calls, "Most calls at once of each node, as its --max-calls")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb.add_option("--check-interval", o->check_interval_s, "How often HAProxy checks each node")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 60.0))
        ->type_name("SECONDS");
    verb.add_option("--peer", o->peers, "Another HAProxy that shares the table of announced calls; repeated")
        ->take_all()
        ->type_name("NAME=HOST:PORT");
    verb.add_option("--metrics", o->metrics, "Where HAProxy shows its own metrics and its page: try 127.0.0.1:8404")
        ->type_name("HOST:PORT");
    verb.add_option("--stats-socket", o->stats_socket, "HAProxy's socket for commands")
        ->capture_default_str()
        ->type_name("PATH");
    verb.add_option("-o,--output", o->output, "Write this file instead of standard output")->type_name("FILE");
    verb.callback([o, &result] { result = run(*o); });
}

} // namespace audiosocket::app::cluster
