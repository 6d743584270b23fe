// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace audiosocket::app {

/// What the system knows about a process, ours or another's.
struct process_figures {
    std::size_t descriptors = 0;
    std::size_t resident_bytes = 0;
    std::size_t threads = 0;
    std::uint64_t context_switches = 0; ///< Voluntary and not, of the threads that live.
    std::chrono::nanoseconds cpu{};     ///< Processor time, in the kernel and outside, of all threads there ever were.
};

/// Nothing if there is no such process, or we may not look at it.
std::optional<process_figures> look_at(pid_t process);

/// The processor time alone, which a single system call tells to the nanosecond.
std::optional<std::chrono::nanoseconds> cpu_time(pid_t process);

/// For command lines: what is wrong with a text that should be the id of a process, which we may look at; empty if
/// nothing is.
std::string process_id_mistake(const std::string& text);

} // namespace audiosocket::app
