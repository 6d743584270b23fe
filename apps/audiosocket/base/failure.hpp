// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

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

/// The failure of an option that has a wrong value. All messages about one have this form: `--dtmf: "12x": only the
/// digits 0-9 * # A-D`.
inline failure wrong_value(const std::string& option, const std::string& value, const std::string& why,
                           exit_code code = exit_code::usage) {
    return {code, option + ": \"" + value + "\": " + why};
}

} // namespace audiosocket::app
