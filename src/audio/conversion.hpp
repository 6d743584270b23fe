// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace audiosocket {

/// Returns a command line that converts the file to WAV at 8 kHz, quoted for a shell. `input_options` describe a file
/// without a header, such as "-f g722".
std::string ffmpeg_command(const std::filesystem::path& path, std::string_view input_options = {});

/// Returns a command line that converts the file with Asterisk, for codecs whose files ffmpeg cannot read. Asterisk
/// needs the module of the codec.
std::string asterisk_command(const std::filesystem::path& path);

} // namespace audiosocket
