// SPDX-License-Identifier: Apache-2.0
#include "daemon/sound_option.hpp"

#include "base/failure.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <filesystem>
#include <system_error>
#include <utility>

namespace audiosocket::app {

clip load_sound(const std::string& file, std::vector<std::string>& remarks) {
    // Opening a pipe waits for its writer, and data read from a pipe cannot be read again.
    std::error_code missing;
    if (std::filesystem::is_other(file, missing))
        throw failure(exit_code::file, file + ": is not a regular file; it has to be, because SIGHUP reads it again");
    sound_reader sound(file);
    for (std::string& note : sound.notes())
        remarks.push_back(std::move(note));
    return clip::load(sound);
}

} // namespace audiosocket::app
