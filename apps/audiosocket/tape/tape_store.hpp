// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_format.hpp"
#include "tape/tape_sink.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace audiosocket::app::tape {

/// What tapes may use.
struct tape_limits {
    /// Lines of all tapes that wait for the disk: a second of 1000 calls at 8 kHz, or ten of 100, while a disk does not
    /// answer. Beyond it lines are left out.
    std::size_t memory_bytes = 64 * 1024 * 1024;

    /// Of one file: two hours of a call at 8 kHz, more than half an hour at 24 kHz. The rest of the call is left out.
    std::uint64_t file_bytes = 512 * 1024 * 1024;
};

/// Writes the tapes of all calls, on a thread of its own. Each line is on its way to the disk after a quarter of a
/// second, so a crash loses less than the last second.
///
/// Only one file is open at a time, so tapes do not count towards the limit of open files. Safe from any thread.
class tape_store : public std::enable_shared_from_this<tape_store> {
  public:
    explicit tape_store(tape_limits limits = {});

    /// Writes what waits. Tapes keep their store, so they are complete.
    ~tape_store();
    tape_store(const tape_store&) = delete;
    tape_store& operator=(const tape_store&) = delete;

    /// Begins a tape: FOLDER/NAME.tape, or NAME-2.tape and so on where that exists. It is complete when the sink is
    /// destroyed. `on_failure` is called at most once, on the thread that writes: the rest of the tape is lost.
    std::shared_ptr<tape_sink> begin(const std::filesystem::path& folder, const std::string& name,
                                     const tape_head& head, std::function<void(const std::string& why)> on_failure);

    /// Writes what waits, and returns when it is written.
    void flush();

  private:
    struct file;
    class sink;

    void run();
    void write_all();
    bool write_waiting(file& one);

    const tape_limits limits_;
    std::atomic<std::size_t> waiting_bytes_{0};
    std::mutex writing_; // by write_all()
    std::mutex using_;   // of what follows
    std::condition_variable stopping_;
    bool stopped_ = false;
    std::vector<std::shared_ptr<file>> files_;
    std::thread thread_; // last: it uses the others
};

} // namespace audiosocket::app::tape
