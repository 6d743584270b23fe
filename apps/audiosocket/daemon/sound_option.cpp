// SPDX-License-Identifier: Apache-2.0
#include "daemon/sound_option.hpp"

#include "base/failure.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <filesystem>
#include <system_error>
#include <utility>

namespace audiosocket::app {

clip load_sound(const std::string& file, std::vector<std::string>& remarks) {
    // Opening a pipe waits for its writer; and what came out of it is not there when the file is read again.
    std::error_code missing;
    if (std::filesystem::is_other(file, missing))
        throw failure(exit_code::file, file + ": is not a file; it has to be one, for it is read again on SIGHUP");
    sound_reader sound(file);
    for (std::string& note : sound.notes())
        remarks.push_back(std::move(note));
    return clip::load(sound);
}

} // namespace audiosocket::app
