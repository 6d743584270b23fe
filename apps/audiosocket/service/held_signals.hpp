// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace audiosocket::app {

/// SIGHUP and SIGUSR2: to a server they say that it is to do something, and they would end one that is still starting.
/// Held back, they wait until there is somebody who handles them.
sigset_t held_signals();

/// Holds them back from this thread, and from those that it starts.
void hold_signals_back();

/// Lets them in on this thread, and with them those that have come meanwhile.
void let_signals_in();

} // namespace audiosocket::app
