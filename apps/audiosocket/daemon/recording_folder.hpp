// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace audiosocket::app {

/// Checks that recordings can be written into a folder, and creates the folder if it does not exist. With `only_look`
/// it leaves no trace. Throws failure (file) with what is wrong.
void check_recording_folder(const std::string& folder, bool only_look);

} // namespace audiosocket::app
