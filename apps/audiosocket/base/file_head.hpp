// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace audiosocket::app {

/// Reads the first `bytes_max` bytes of a file, or all of a shorter file. Returns the error, such as "cannot be read:
/// Permission denied", or nothing. Accepts regular files only: opening a pipe waits for its writer, and data read from
/// a pipe cannot be read again.
std::string read_file_head(const std::filesystem::path& file, std::size_t bytes_max, std::string& into);

} // namespace audiosocket::app
