// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuzz/require.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace audiosocket::fuzz {

/// A folder for the files of one process. It is removed when the process ends, but not after a finding.
class scratch_folder {
  public:
    scratch_folder() {
        // Memory if possible, because a target writes thousands of files a second.
        const bool memory = ::access("/dev/shm", W_OK) == 0;
        std::string name = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/fuzz.XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Writes a file, and returns its path.
    std::filesystem::path write(const std::string& name, std::span<const std::byte> content) const {
        const auto file = path_ / name;
        const int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        REQUIRE(to >= 0);
        REQUIRE(::write(to, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
        ::close(to);
        return file;
    }

  private:
    std::filesystem::path path_;
};

} // namespace audiosocket::fuzz
