// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace audiosocket::app {

/// What the system knows about a process.
struct process_figures {
    std::size_t descriptors = 0;
    std::size_t resident_bytes = 0;
    std::size_t threads = 0;
    std::uint64_t context_switches = 0; ///< Voluntary and involuntary, of the threads that still run.
    std::chrono::nanoseconds
        cpu{}; ///< Processor time in the kernel and in user space, of all threads including ended ones.
};

/// Returns nothing if there is no such process, or if we have no permission.
std::optional<process_figures> look_at(pid_t process);

/// Returns the processor time alone, which a single system call gives to the nanosecond.
std::optional<std::chrono::nanoseconds> cpu_time(pid_t process);

/// For command lines: returns what is wrong with a text that has to be the id of a process that we may observe; empty
/// if nothing is wrong.
std::string process_id_mistake(const std::string& text);

} // namespace audiosocket::app
