// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/failure.hpp"
#include "daemon/daemon_options.hpp"
#include "gateway/gateway_plan.hpp"

#include <string>

namespace audiosocket::app::gateway {

/// Has the caller of a tape call the back end of this plan, in real time, and prints what came back beside what the
/// tape has. The call goes through a gateway within this process, so the back end sees what it sees of any call.
/// Returns `findings` if the back end cannot be reached, does not set up its session, or never speaks although it did.
/// Throws failure (file) for a file that is not a tape.
exit_code replay(const std::string& file, const gateway_plan& plan, const daemon_options& options);

} // namespace audiosocket::app::gateway
