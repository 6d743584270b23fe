// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace audiosocket::app {

/// Runs the whole command and returns the exit code.
int run(int argc, const char* const* argv);

} // namespace audiosocket::app
