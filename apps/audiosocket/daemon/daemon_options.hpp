// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_options.hpp"
#include "live/live_call.hpp"
#include "settings/setting_value.hpp"

#include <audiosocket/net/listener.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace audiosocket::app {

/// Sound that may wait for the disk: ten seconds of the 800 calls of the default --max-calls, at 8 kHz, while a disk
/// does not answer. Beyond that a server whose memory is full harms more calls than a recording with a gap.
inline constexpr std::size_t record_memory_bytes_default = std::size_t{256} << 20;

/// What a process that answers calls has to know.
struct daemon_options {
    address listen;
    listener_options listener;
    call_factory calls;           ///< What becomes of each call.
    std::filesystem::path record; ///< Folder; empty: no recordings.
    std::size_t record_memory_bytes = record_memory_bytes_default;
    std::size_t exit_after = 0; ///< Calls; 0: never.
    std::size_t shards = 1;     ///< Threads that the calls live on.
    admin::admin_options admin;

    /// How long calls in progress may go on after SIGTERM. systemd kills a process 90 s after it: this leaves ten
    /// seconds for hanging up, for the recordings and for the last lines.
    std::chrono::milliseconds drain_timeout{80'000};

    /// Returns warnings about the verb's calls together, for the log. Called each second. Called once more when no call
    /// is left, with true: it may then take two seconds for what is still to be delivered.
    std::function<std::vector<std::string>(bool at_end)> verb_warnings;

    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool json_log = false;

    /// All of this as the user has set it, as text by name, to find what has changed.
    settings_by_name settings;

    /// What the settings mean, where that may surprise; logged at the start.
    std::vector<std::string> notes;

    /// Warnings about settings that are valid.
    std::vector<std::string> remarks;
};

/// Reads the settings again, on any thread. Throws an exception whose text says what is wrong with them.
using settings_reader = std::function<daemon_options()>;

} // namespace audiosocket::app
