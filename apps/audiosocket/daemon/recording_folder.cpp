// SPDX-License-Identifier: Apache-2.0
#include "daemon/recording_folder.hpp"

#include "base/failure.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace audiosocket::app {
namespace {

// Checks that the folder can be created by creating one with another name, because on some file systems permissions do
// not say it.
void check_could_be_made(const std::string& folder) {
    std::error_code missing;
    auto parent = std::filesystem::absolute(folder);
    while (parent.has_relative_path() && !std::filesystem::exists(parent, missing))
        parent = parent.parent_path();
    std::string other = (parent / ".audiosocket-XXXXXX").string();
    if (mkdtemp(other.data()) == nullptr)
        throw failure(exit_code::file, folder + ": cannot be created: " + std::generic_category().message(errno));
    rmdir(other.c_str());
}

} // namespace

void check_recording_folder(const std::string& folder, bool only_look) {
    std::error_code error;
    if (!only_look) std::filesystem::create_directories(folder, error);
    if (only_look && !std::filesystem::exists(folder, error)) return check_could_be_made(folder);
    if (error || !std::filesystem::is_directory(folder) || access(folder.c_str(), W_OK | X_OK) != 0)
        throw failure(exit_code::file, folder + ": cannot write there: " +
                                           (error ? error.message() : std::generic_category().message(errno)));
}

} // namespace audiosocket::app
