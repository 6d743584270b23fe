// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_options.hpp"
#include "live/live_call.hpp"
#include "settings/setting_value.hpp"

#include <audiosocket/net/listener.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::directory {
class cluster_node;
}

namespace audiosocket::app {

/// Sound that may wait for the disk: ten seconds of 800 calls, the default of --max-calls, at 8 kHz. If a disk hangs
/// for longer, recordings get gaps; a server without memory would harm more calls.
inline constexpr std::size_t record_memory_bytes_default = std::size_t{256} << 20;

/// The options of a process that answers calls.
struct daemon_options {
    address listen;
    listener_options listener;
    call_factory calls;           ///< Creates the application of each call.
    std::filesystem::path record; ///< Folder; empty: no recordings.
    std::size_t record_memory_bytes = record_memory_bytes_default;
    std::size_t exit_after = 0; ///< Calls; 0: never.
    std::size_t shards = 1;     ///< Threads for the calls.

    /// Files that the verb opens for each call, besides its socket and its recording: the connection of a back end.
    std::size_t files_of_call = 0;
    /// Files that the verb opens at most, besides those of its calls: connections to web servers.
    std::size_t files_of_verb = 0;

    admin::admin_options admin;

    /// Where the agent-check of load balancers is answered; nothing: nowhere.
    std::optional<address> agent_check;

    /// How long calls are accepted after SIGTERM while the agent-check answers `drain`, and other nodes send no more
    /// calls: more than two checks of a balancer that checks every two seconds. Nothing is announced without both.
    std::chrono::milliseconds drain_notice{5'000};

    /// This process as a node of its cluster; without --directory the cluster has this node only. A reload keeps the
    /// first one.
    std::shared_ptr<directory::cluster_node> cluster;
    std::optional<address> advertise; ///< Where calls connect to this process; nothing: where it listens.

    /// How long calls in progress may go on after SIGTERM and the notice. Our unit lets systemd kill a process 95 s
    /// after SIGTERM. This leaves ten seconds for hanging up, for the recordings and for the last lines.
    std::chrono::milliseconds drain_timeout{80'000};

    /// Called when the verb's settings begin to hold: before the first call, and after each reload. `homes` are the
    /// io_contexts that the calls live on, in the order of listener_options::home_for.
    std::function<void(std::span<boost::asio::io_context* const> homes)> verb_begins;

    /// Called when no more calls are accepted, at least once. What the verb has on the `homes` has to end then, because
    /// the process waits for it.
    std::function<void()> verb_stops;

    /// Returns warnings that concern the verb's calls together, for the log. Called each second. Called once more when
    /// no call is left, with true: it may then wait up to two seconds for deliveries.
    std::function<std::vector<std::string>(bool at_end)> verb_warnings;

    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool json_log = false;

    /// All settings as the user gave them, as text by name, to find changes.
    settings_by_name settings;

    /// Notes on settings whose effect may be unexpected; logged at the start.
    std::vector<std::string> notes;

    /// Warnings about settings that are valid.
    std::vector<std::string> remarks;

    /// Takes over what applies to new calls and to the end of the process.
    void adopt(const daemon_options& fresh) {
        calls = fresh.calls;
        listener = fresh.listener;
        record = fresh.record;
        drain_timeout = fresh.drain_timeout;
        drain_notice = fresh.drain_notice;
    }
};

/// Reads the settings again, on any thread. Throws an exception whose text says what is wrong with them.
using settings_reader = std::function<daemon_options()>;

} // namespace audiosocket::app
