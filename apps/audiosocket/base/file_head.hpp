// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace audiosocket::app {

/// Reads the first bytes of a file, all of them if it is no longer than `bytes_max`; returns why not, as "cannot be
/// read: Permission denied", or nothing. Only of a file: whoever opens a pipe waits for its writer, and what came out
/// of it is not there when the file is read again.
std::string read_file_head(const std::filesystem::path& file, std::size_t bytes_max, std::string& into);

} // namespace audiosocket::app
