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

/// What the first calls have shown about the server, so that cases expect only what it does.
struct traits {
    bool sends_first = false;    ///< Sends audio before it has received any.
    bool answers = false;        ///< Sends audio at all, perhaps only after it has received some.
    bool echoes = false;         ///< Sends back what it receives, sample by sample.
    bool obeys_requests = false; ///< Does what the ids of request_id() ask for.
};

/// The server under test, as the command line describes it.
struct target {
    line::tcp::endpoint where;
    bool strict = false;
    bool long_cases = false;
    std::optional<pid_t> pid;               ///< Of the server, for figures of its own machine.
    std::optional<std::size_t> calls_max;   ///< The server's limit of calls.
    std::optional<milliseconds> id_timeout; ///< The server's deadline for the id, if known.
    milliseconds drain_timeout{0};          ///< How long the server lets calls finish after SIGTERM; 0: unknown.
    bool may_stop = false;                  ///< The server may be stopped at the end.
    std::string hand_over;                  ///< A command that starts a successor on the same port.
    std::size_t connections = 10'000;       ///< For the cases that open many.
    std::size_t load_calls = 50;            ///< Calls in progress while pacing is measured.
    std::chrono::seconds soak{3600};        ///< For the endurance cases.
    audiosocket::app::check::traits traits;
    const machine_watch* machine = nullptr;

    /// The longest that a silent connection may stay open: the server's own deadline, or the most that the cases wait.
    milliseconds id_deadline_max() const { return id_timeout.value_or(milliseconds(33'000)) + milliseconds(2000); }
};

/// Returns a line that has sent its id, if there is a connection.
line dial(const target& t, const uuid& id = uuid::random(), const buffers& how = {});

/// Finds out what the server does, with a few calls, of which `first` is already connected. Throws failure if the
/// server cannot be tested: it does not answer, it refuses all calls (network), or it does not speak AudioSocket
/// (findings).
traits probe(const target& t, line first);

} // namespace audiosocket::app::check
