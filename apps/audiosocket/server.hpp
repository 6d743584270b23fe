#pragma once

#include "audiosocket/served_call.hpp"

#include <audiosocket/net/listener.hpp>

#include <filesystem>

namespace audiosocket::app {

struct server_options {
    address listen;
    listener_options listener;
    call_plan plan;
    std::filesystem::path record; ///< Folder; empty: no recordings.
    std::size_t exit_after = 0;   ///< Calls; 0: never.
    bool json = false;
    bool quiet = false;
    bool verbose = false;
};

/// Serves until SIGINT, SIGTERM or `exit_after`; then hangs up what is up, completes the recordings and returns. A
/// second signal ends the program at once. Throws boost::system::system_error where it cannot listen, failure (file)
/// where standard output could not be written.
void run_server(const server_options& options);

} // namespace audiosocket::app
