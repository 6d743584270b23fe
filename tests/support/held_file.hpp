// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/file_descriptor.hpp>

#include <fcntl.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

namespace audiosocket::test {

/// A file on a disk that does not answer: opening it hangs until this object releases it, or for
/// /proc/sys/fs/lease-break-time (45 s).
class held_file {
  public:
    explicit held_file(const std::filesystem::path& file) : file_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
        signal(SIGIO, SIG_IGN); // reports a waiting reader
        held_ = fcntl(file_.get(), F_SETLEASE, F_WRLCK) == 0;
    }
    held_file(const held_file&) = delete;
    held_file& operator=(const held_file&) = delete;

    /// False if the file system cannot do this.
    explicit operator bool() const noexcept { return held_; }

    /// Waits until a reader hangs. False after thirty seconds, which is less than the kernel waits.
    bool wait_for_reader() const {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (fcntl(file_.get(), F_GETLEASE) == F_WRLCK) { // otherwise the type that the lease changes to
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return true;
    }

    void release() { file_.close(); }

  private:
    file_descriptor file_;
    bool held_ = false;
};

} // namespace audiosocket::test
