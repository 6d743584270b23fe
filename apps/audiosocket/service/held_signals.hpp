// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace audiosocket::app {

/// Returns SIGHUP and SIGUSR2. They would end a process that is still starting. While they are held back, they wait for
/// their handlers.
sigset_t held_signals();

/// Holds them back from this thread, and from threads that it starts.
void hold_signals_back();

/// Delivers them to this thread from now on, including those that have arrived meanwhile.
void let_signals_in();

} // namespace audiosocket::app
