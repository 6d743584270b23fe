// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace audiosocket {

/// A command line that converts the file to WAV at 8 kHz, to be pasted into a shell. `input_options` describe a file
/// without a header, as "-f g722".
std::string ffmpeg_command(const std::filesystem::path& path, std::string_view input_options = {});

/// The same with Asterisk, for codecs that ffmpeg reads no files of. It needs the codec's module.
std::string asterisk_command(const std::filesystem::path& path);

} // namespace audiosocket
