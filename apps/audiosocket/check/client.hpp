// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/runner.hpp"

#include <audiosocket/net/address.hpp>

#include <functional>
#include <vector>

namespace audiosocket::app::check {

/// How a caller is judged.
struct client_options {
    address listen;
    bool strict = false;
    std::chrono::milliseconds duration{3000}; ///< Of the undisturbed part of the call.
    std::chrono::seconds patience{60};        ///< Until somebody calls.
};

/// Answers one call as a server would, with silence, then with what TCP may do to a message, then by hanging up; and
/// judges the caller. `listening` is told the port. Throws failure (network) where it cannot listen, or nobody calls.
std::vector<case_result> judge_caller(const client_options& options,
                                      const std::function<void(const line::tcp::endpoint&)>& listening);

/// What judge_caller() looks at.
std::vector<conformance_case> client_cases();

} // namespace audiosocket::app::check
