// SPDX-License-Identifier: Apache-2.0
#include "service/held_signals.hpp"

namespace audiosocket::app {

sigset_t held_signals() {
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, SIGHUP);
    sigaddset(&all, SIGUSR2);
    return all;
}

void hold_signals_back() {
    const auto all = held_signals();
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void let_signals_in() {
    const auto all = held_signals();
    pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
}

} // namespace audiosocket::app
