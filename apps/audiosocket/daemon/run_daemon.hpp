// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"

namespace audiosocket::app {

/// Answers calls until SIGINT, SIGTERM or `exit_after`; then completes the recordings and returns. Must be called
/// before there are other threads. Throws boost::system::system_error if it cannot listen, failure (file) if standard
/// output could not be written.
///
/// SIGTERM and `exit_after`: accepts no more calls; calls in progress may end by themselves within `drain_timeout`.
/// SIGINT, or a second signal: hangs up the calls in progress in an orderly way. A further signal ends the process at
/// once. SIGUSR2: starts a successor, which takes over the port; calls in progress stay here and end as after SIGTERM.
/// The port may come from a predecessor or the service manager (inherited_sockets). The service manager is informed of
/// the state of the process (service_notify).
///
/// SIGHUP: reads the settings again, if there is a reader. New calls get the new settings: what a call does, how it is
/// recorded, which callers are allowed, how long a drain takes, and what is logged. The log names settings that need a
/// restart.
void run_daemon(const daemon_options& options, settings_reader read_again = {});

} // namespace audiosocket::app
