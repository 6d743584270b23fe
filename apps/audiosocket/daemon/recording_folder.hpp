// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace audiosocket::app {

/// Checks that recordings can be written into a folder. Makes the folder where it does not exist; with `only_look`
/// leaves no trace. Throws failure (file) with what is wrong.
void check_recording_folder(const std::string& folder, bool only_look);

} // namespace audiosocket::app
