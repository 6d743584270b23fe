// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"

namespace audiosocket::app {

/// Answers calls until SIGINT, SIGTERM or `exit_after`; then completes the recordings and returns. Call it before there
/// are other threads. Throws boost::system::system_error where it cannot listen, failure (file) where standard output
/// could not be written.
///
/// SIGTERM and `exit_after` accept no more calls and let those in progress end by themselves, for `drain_timeout`.
/// SIGINT, and a second signal, hang up the calls in progress in order; one more ends the process at once. SIGUSR2
/// starts the program again, and the new process takes over the port; the calls in progress stay here and end as after
/// SIGTERM. The port may come from a predecessor or the service manager (inherited_sockets), and the service manager is
/// informed of the state of the process (service_notify).
///
/// SIGHUP reads the settings again, if there is a reader. What a call does and how it is recorded, who may call, how
/// long a drain takes and what is logged changes for new calls; the log names what needs a restart.
void run_daemon(const daemon_options& options, settings_reader read_again = {});

} // namespace audiosocket::app
