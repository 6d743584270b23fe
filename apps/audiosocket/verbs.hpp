// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/failure.hpp"

#include <CLI/CLI.hpp>

#include <vector>

/// \file
/// The verbs of the command. Each function adds one verb, with options, help and examples. If the command line
/// has that verb, parsing runs it and sets `result`. Running may throw failure, sound_error or
/// boost::system::system_error, which run() turns into a message and an exit code.

namespace audiosocket::app {

namespace serve {
/// `arguments` are those of the whole command; they are parsed again when the settings are reloaded.
void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments);
} // namespace serve
namespace gateway {
/// `arguments` as for serve.
void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments);
} // namespace gateway
namespace caller {
void add_verb(CLI::App& command, exit_code& result);
}
namespace check {
void add_verb(CLI::App& command, exit_code& result);
}
namespace bench {
void add_verb(CLI::App& command, exit_code& result);
}
namespace inspect {
void add_verb(CLI::App& command, exit_code& result);
}
namespace backend {
void add_verb(CLI::App& command, exit_code& result);
}
namespace cluster {
void add_verb(CLI::App& command, exit_code& result);
}

} // namespace audiosocket::app
