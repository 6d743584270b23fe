#pragma once

#include <CLI/CLI.hpp>

#include <stdexcept>
#include <string>

/// \file
/// The verbs of the command, and what they have in common: how they end.

namespace audiosocket::app {

/// The exit codes, the same for every verb (documented in audiosocket(1)).
enum class exit_code : int {
    good = 0,     ///< Done, and nothing was wrong.
    findings = 1, ///< Done, but what was tested is not as it should be.
    usage = 2,    ///< The command line is wrong; nothing was done.
    network = 3,  ///< Cannot listen, connect, or find the host.
    file = 4,     ///< A file cannot be read or written.
    internal = 5, ///< A fault of this program.
};

/// Ends the command with one line for the person and an exit code.
class failure : public std::runtime_error {
  public:
    failure(exit_code code, const std::string& what) : std::runtime_error(what), code_(code) {}
    exit_code code() const noexcept { return code_; }

  private:
    exit_code code_;
};

// Each adds its verb with options, help and examples; when the verb was asked for, parsing runs it and sets `result`.
// Any of them may throw failure, sound_error or boost::system::system_error.

void add_serve(CLI::App& command, exit_code& result);
void add_call(CLI::App& command, exit_code& result);
void add_inspect(CLI::App& command, exit_code& result);

/// The whole command: parses, runs, and turns what is thrown into one line on standard error and an exit code.
int run(int argc, const char* const* argv);

} // namespace audiosocket::app
