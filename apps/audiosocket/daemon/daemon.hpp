#pragma once

#include "admin/admin_options.hpp"
#include "live/live_call.hpp"
#include "settings/setting_value.hpp"

#include <audiosocket/net/listener.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace audiosocket::app {

struct daemon_options {
    address listen;
    listener_options listener;
    call_factory calls;           ///< What becomes of each call.
    std::filesystem::path record; ///< Folder; empty: no recordings.
    std::size_t exit_after = 0;   ///< Calls; 0: never.
    std::size_t shards = 1;       ///< Threads that the calls live on.
    admin::admin_options admin;

    /// How long calls that are up may go on after SIGTERM. systemd kills 90 s after it: this leaves it ten for hanging
    /// up, for the recordings and for the last lines.
    std::chrono::milliseconds drain_timeout{80'000};

    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool json_log = false;

    /// All of this as the user has set it, as text by name, to tell what has changed.
    settings_by_name settings;

    /// What should be said of the settings, though they are good.
    std::vector<std::string> remarks;
};

/// Reads the settings again, on whichever thread; throws what is wrong with them.
using settings_reader = std::function<daemon_options()>;

/// Serves until SIGINT, SIGTERM or `exit_after`; completes the recordings and returns. SIGTERM and `exit_after` answer
/// no more calls and let those that are up end by themselves, for `drain_timeout`; SIGINT, and a second signal, hang up
/// what is up in an orderly way; one more ends the program at once. SIGUSR2 starts the program anew, which takes over
/// the port while the calls that are up stay here and end as after SIGTERM. The port may be given to us in the same way
/// (inherited_sockets), and the service manager is told how we are (service_notify): call it before there are threads.
/// Throws boost::system::system_error where it cannot listen, failure (file) where standard output could not be
/// written.
///
/// SIGHUP reads the settings again, if there is a reader: what a call does and how it is recorded, whom we answer, how
/// long calls may go on and what is logged changes for the calls to come. What cannot change while it runs is named in
/// the log.
void run_daemon(const daemon_options& options, settings_reader read_again = {});

} // namespace audiosocket::app
