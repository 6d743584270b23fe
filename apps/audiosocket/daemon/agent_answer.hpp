// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace audiosocket::app {

/// What a load balancer has to know of this process.
struct agent_state {
    bool stopping = false; ///< It ends, or is about to end: it is to get no more calls.
    std::size_t calls = 0; ///< In progress.
    std::size_t calls_max = 1;
    double load = 0; ///< Threads that run or wait to run on this machine, for each core, in the last minute.
};

/// Returns the answer of HAProxy's agent-check, with its newline: `drain` while stopping, otherwise `up ready` and the
/// weight in percent.
///
/// The weight is the free part of calls_max, or the free part of the machine if that is less. The machine counts as
/// free up to a load of 0.7 for each core, and as full at 1. The weight is rounded up to tens, so that it changes
/// seldom. It is 0 only when calls_max is reached.
std::string agent_answer(const agent_state& now);

/// Returns the load of the machine for each core; 0 if the system does not report it.
double load_of_machine() noexcept;

} // namespace audiosocket::app
