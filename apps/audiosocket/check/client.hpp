// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/runner.hpp"

#include <audiosocket/net/address.hpp>

#include <functional>
#include <vector>

namespace audiosocket::app::check {

/// Options for testing a caller.
struct client_options {
    address listen;
    bool strict = false;
    std::chrono::milliseconds duration{3000}; ///< Of the undisturbed part of the call.
    std::chrono::seconds patience{60};        ///< How long to wait for a call.
};

/// Answers one call as a server would: with silence, then with messages in pieces, as TCP may deliver them, and then
/// hangs up. Judges the caller. `listening` gets the port. Throws failure (network) if it cannot listen, or if no call
/// comes.
std::vector<case_result> judge_caller(const client_options& options,
                                      const std::function<void(const line::tcp::endpoint&)>& listening);

/// Returns the cases of judge_caller().
std::vector<conformance_case> client_cases();

} // namespace audiosocket::app::check
