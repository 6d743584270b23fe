// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/check_request.hpp"
#include "base/process_figures.hpp"
#include "check/line.hpp"
#include "check/machine_watch.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace audiosocket::app::check {

/// What one call has shown about the server, so that cases expect of it only what it does at all.
struct traits {
    bool sends_first = false;    ///< Sends audio before it has received any.
    bool answers = false;        ///< Sends audio at all, if only once it has received some.
    bool echoes = false;         ///< Sends back what it receives, sample by sample.
    bool obeys_requests = false; ///< Does what the ids of request_id() ask for.
};

/// The server under test, and what the command line says about it.
struct target {
    line::tcp::endpoint where;
    bool strict = false;
    bool long_cases = false;
    std::optional<pid_t> pid;               ///< Of the server, for what only its machine can tell.
    std::optional<std::size_t> calls_max;   ///< The server's cap on calls.
    std::optional<milliseconds> id_timeout; ///< The server's deadline for the id, if it was told.
    milliseconds drain_timeout{0};          ///< What the server does at SIGTERM with calls that are up; 0: unknown.
    bool may_stop = false;                  ///< The server may be stopped at the end.
    std::string hand_over;                  ///< A command that starts a successor on the same port.
    std::size_t connections = 10'000;       ///< For the cases with many.
    std::size_t load_calls = 50;            ///< Calls that are up while pacing is measured.
    std::chrono::seconds soak{3600};        ///< For the cases that last.
    audiosocket::app::check::traits traits;
    const machine_watch* machine = nullptr;

    /// The longest that a silent connection may stay: the server's own deadline, or the most that we wait for.
    milliseconds id_deadline_max() const { return id_timeout.value_or(milliseconds(33'000)) + milliseconds(2000); }
};

/// A line that has sent its id, if there is a connection.
line dial(const target& t, const uuid& id = uuid::random(), const buffers& how = {});

/// Asks the server what it does, with a few calls, of which `first` is connected already. Throws failure where there is
/// nothing to be judged: no server answers, or it refuses all calls (network), or it speaks something else than
/// AudioSocket (findings).
traits probe(const target& t, line first);

} // namespace audiosocket::app::check
