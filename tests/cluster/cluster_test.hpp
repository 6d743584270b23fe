// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command/command_test.hpp"
#include "command/http_client.hpp"
#include "support/successors.hpp"

#include <audiosocket/protocol/encoder.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <deque>
#include <map>

namespace audiosocket::test {

/// Three nodes of the command, and a real HAProxy in front of them with the configuration that `audiosocket cluster
/// haproxy` prints. Everything is on the loopback, on free ports. Conditions are waited for at HAProxy's stats socket
/// and at the admin addresses of the nodes.
class cluster_test : public command_test {
  protected:
    using endpoint_type = raw_peer::tcp::endpoint;

    struct node_process {
        std::string name;
        std::vector<std::string> options;
        std::unique_ptr<process> running;
        endpoint_type calls;
        endpoint_type admin;
        endpoint_type agent;

        /// A counter or a gauge of its metrics.
        double metric(const std::string& which) const { return ask(admin, "GET /metrics").metric(which); }
        std::size_t calls_up() const { return static_cast<std::size_t>(metric("audiosocket_calls")); }
        std::size_t calls_started() const {
            return static_cast<std::size_t>(metric("audiosocket_calls_started_total"));
        }
    };

    cluster_test() { adopt_successors(); }
    ~cluster_test() override {
        haproxy.reset();
        for (auto& n : nodes)
            end_with_successors(n.running);
    }

    void SetUp() override;

    /// Starts three nodes: this verb with these options.
    void start_nodes(const std::string& verb, const std::vector<std::string>& options);

    /// Starts this node, on the ports that it had, if it had some.
    void start(node_process& n);

    /// Starts HAProxy in front of the nodes, and waits until all of them are up. `options` are more options of `cluster
    /// haproxy`.
    void balance(const std::vector<std::string>& options = {});

    /// Sends a command to HAProxy's stats socket.
    std::string tell_haproxy(const std::string& what) const;

    /// Returns what HAProxy says of this server ("nodes/n1"): UP, DOWN, DRAIN (agent), ...
    std::string status_of(const std::string& which) const;

    /// Waits until HAProxy says this of the server.
    void expect_status(const std::string& which, const std::string& beginning) const;

    /// Waits until the condition holds; false after a time that only a hanging test needs, which eventually() is not.
    template <class Condition>
    static bool comes_true(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + process::patience_usual;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return true;
    }

    /// Places a call through HAProxy.
    raw_peer call_through(const uuid& id) const {
        raw_peer peer(balanced_calls);
        peer.send(id_message(id).to_bytes());
        return peer;
    }

    /// Announces a call through HAProxy.
    http_answer announce(const uuid& id) const {
        return ask(balanced_http, "PUT /calls/" + to_string(id), "Content-Type: application/json\r\n", "{}");
    }

    /// The address of the balancer for `bench`.
    std::string balanced() const { return "127.0.0.1:" + std::to_string(balanced_calls.port()); }

    std::deque<node_process> nodes;
    std::unique_ptr<process> haproxy;
    endpoint_type balanced_calls;
    endpoint_type balanced_http;
};

} // namespace audiosocket::test
