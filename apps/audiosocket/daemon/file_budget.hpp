// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"

#include <cstddef>

namespace audiosocket::app {

/// Which open files (RLIMIT_NOFILE) a process that answers calls needs. No system calls: the limit is an argument.
///
/// A call that was accepted must find the files that it needs later, for its recording or its back end. So calls are
/// refused before the others of these run out.
class file_budget {
  public:
    explicit file_budget(const daemon_options& options);

    /// Files of one call: its socket, its recording, and what the verb opens for it.
    std::size_t per_call() const noexcept { return per_call_; }

    /// Files for so many calls, and all others.
    std::size_t wanted(std::size_t calls) const noexcept { return calls * per_call_ + handshakes_ + others_; }

    /// Returns how many calls can have all their files where the process may have `files`; at least 1. Of a small limit
    /// less is kept for the others.
    std::size_t calls_within(std::size_t files) const noexcept;

    /// What no call and no connection without an id may take (listener_options::files_reserved): for the admin address,
    /// recordings that begin, sound files that are read again, and what the verb opens besides its calls.
    std::size_t reserved() const noexcept;

  private:
    std::size_t per_call_;
    std::size_t handshakes_;
    std::size_t of_verb_;
    std::size_t others_; // of_verb_ included
};

} // namespace audiosocket::app
