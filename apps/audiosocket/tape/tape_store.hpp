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

/// Limits of tapes.
struct tape_limits {
    /// Lines of all tapes that wait for the disk: a second of 1000 calls at 8 kHz, or ten seconds of 100 calls. If more
    /// waits, lines are left out.
    std::size_t memory_bytes = 64 * 1024 * 1024;

    /// Of one file: two hours of a call at 8 kHz, more than half an hour at 24 kHz. The rest of the call is left out.
    std::uint64_t file_bytes = 512 * 1024 * 1024;
};

/// Writes the tapes of all calls, on a thread of its own. A line is written within a quarter of a second, so a crash
/// loses less than the last second.
///
/// Only one file is open at a time, so tapes hardly count towards the limit of open files. Safe from any thread.
class tape_store : public std::enable_shared_from_this<tape_store> {
  public:
    explicit tape_store(tape_limits limits = {});

    /// Writes all waiting lines. Tapes keep their store alive, so they are complete.
    ~tape_store();
    tape_store(const tape_store&) = delete;
    tape_store& operator=(const tape_store&) = delete;

    /// Begins a tape: FOLDER/NAME.tape, or NAME-2.tape and so on if that exists. It is complete when the sink is
    /// destroyed. `on_failure` is called at most once, on the writing thread, if the rest of the tape is lost.
    std::shared_ptr<tape_sink> begin(const std::filesystem::path& folder, const std::string& name,
                                     const tape_head& head, std::function<void(const std::string& why)> on_failure);

    /// Writes all waiting lines, and returns when they are written.
    void flush();

  private:
    struct file;
    class sink;

    void run();
    void write_all();
    bool write_waiting(file& one);

    const tape_limits limits_;
    std::atomic<std::size_t> waiting_bytes_{0};
    std::mutex writing_; // locked by write_all()
    std::mutex using_;   // guards the members below
    std::condition_variable stopping_;
    bool stopped_ = false;
    std::vector<std::shared_ptr<file>> files_;
    std::thread thread_; // last, because it uses the other members
};

} // namespace audiosocket::app::tape
