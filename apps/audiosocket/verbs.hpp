// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/failure.hpp"

#include <CLI/CLI.hpp>

#include <vector>

/// \file
/// The verbs of the command. Each function adds one, with options, help and examples; when that verb was asked for,
/// parsing runs it and sets `result`. Running may throw failure, sound_error or boost::system::system_error, which
/// run() turns into one line and an exit code.

namespace audiosocket::app {

namespace serve {
/// `arguments` are those of the whole command, to be read again when the settings are.
void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments);
} // namespace serve
namespace gateway {
/// As that of serve.
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

} // namespace audiosocket::app
