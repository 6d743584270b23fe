// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace audiosocket::app {

/// The exit codes, the same for every verb (documented in audiosocket(1)).
enum class exit_code : int {
    good = 0,     ///< Done; no fault was found.
    findings = 1, ///< Done; the test found a fault.
    usage = 2,    ///< The command line or a setting is wrong; nothing was done.
    network = 3,  ///< Cannot listen, connect, or find the host.
    file = 4,     ///< A file cannot be read or written.
    internal = 5, ///< Internal error of the command.
};

/// Ends the command with a one-line message and an exit code.
class failure : public std::runtime_error {
  public:
    failure(exit_code code, const std::string& what) : std::runtime_error(what), code_(code) {}
    exit_code code() const noexcept { return code_; }

  private:
    exit_code code_;
};

/// Returns the failure of an option with a wrong value. All messages about an option have this form: `--dtmf: "12x":
/// only the digits 0-9 * # A-D`.
inline failure wrong_value(const std::string& option, const std::string& value, const std::string& why,
                           exit_code code = exit_code::usage) {
    return {code, option + ": \"" + value + "\": " + why};
}

} // namespace audiosocket::app
