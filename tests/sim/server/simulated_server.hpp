// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/server/application.hpp"
#include "sim/server/caller.hpp"
#include "sim/server/hostile_peer.hpp"

#include <audiosocket/server/call_server.hpp>

#include <array>
#include <map>
#include <memory>
#include <vector>

namespace audiosocket::sim {

/// What a server must survive, beside random callers and applications.
struct trouble {
    bool hostile_peers = false;
    bool bad_network = false;
    bool bad_machine = false;      ///< it stands still, its wall clock jumps, accept fails, descriptors run out
    bool bad_applications = false; ///< they throw and block
    bool limits = false;           ///< few calls, few handshakes, few calls a host
};

/// A server, its callers and its applications, from one seed: they meet, and then the server ends in one of the ways in
/// which servers end.
class simulated_server {
  public:
    simulated_server(std::uint64_t seed, const trouble& what);
    simulated_server(const simulated_server&) = delete;
    simulated_server& operator=(const simulated_server&) = delete;
    ~simulated_server();

    void run();

    std::uint64_t trace() const noexcept { return world_.trace(); }
    std::uint64_t calls() const noexcept { return calls_; }
    nanoseconds call_time() const noexcept { return call_time_; }
    const world_figures& figures() const noexcept { return world_.figures(); }

  private:
    enum class ending { drain, drain_with_timeout, hand_over, close, destroy };

    // A connection to the server.
    struct line {
        remote* connection = nullptr;
        std::unique_ptr<wire_watch> wire;
        std::unique_ptr<caller> good;
        std::unique_ptr<hostile_peer> bad;
        std::shared_ptr<application> app;
        bool was_undisturbed = true;
        std::optional<nanoseconds> waits_since; // connected, without a call
    };

    listener_options options();
    void start_server();
    void connect_later();
    void connect(unsigned host_number, bool is_good);
    void rush();
    void on_call(call c);
    void disturb_later();
    void disturb();
    void check_step();
    void check_limits(const listener_statistics& before, const listener_statistics& now);
    void check_waiting();
    std::string open_calls() const;
    void probe();
    void end();
    void drain();
    void hand_over();
    void hang_up_callers();
    void check_calls();
    conditions network();

    bool is_healthy() const noexcept { return !trouble_.bad_machine && !trouble_.bad_applications; }

    const trouble trouble_;
    world world_;
    dice random_;
    std::vector<std::unique_ptr<boost::asio::io_context>> threads_;
    std::vector<boost::asio::io_context*> homes_;
    listener_options options_;
    std::unique_ptr<call_server> server_;
    std::unique_ptr<call_server> successor_;
    std::uint16_t port_ = 0;
    std::map<std::uint16_t, std::unique_ptr<line>> lines_; // by the port of the peer
    std::uint16_t next_port_ = 1024;
    int to_connect_ = 0;
    std::filesystem::path folder_; // of recordings
    nanoseconds stops_at_{};
    std::array<listener_statistics, 2> last_; // of the server and its successor, in the last step
    bool is_ending_ = false;
    bool drained_ = false;
    std::uint64_t calls_ = 0;
    nanoseconds call_time_{};
};

} // namespace audiosocket::sim
