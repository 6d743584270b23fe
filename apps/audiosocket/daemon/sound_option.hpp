// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/clip.hpp>

#include <string>
#include <vector>

namespace audiosocket::app {

/// Loads the sound file of an option at its own rate, so that a wideband caller gets wideband. Adds warnings about the
/// file to the remarks. Throws failure (file) or sound_error with what is wrong.
clip load_sound(const std::string& file, std::vector<std::string>& remarks);

} // namespace audiosocket::app
