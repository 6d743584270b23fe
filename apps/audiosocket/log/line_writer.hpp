// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace audiosocket::app {

/// Writes lines to a file on a thread of its own, so that the writers never wait for the reader.
///
/// How it works: lines wait in a queue, in order. The thread writes each line with one system call; a pipe accepts such
/// a line (up to 4,096 bytes) whole or not at all. If the queue is full, lines are left out until the reader has read
/// all waiting lines. Then one line says how many are missing.
///
/// After the first error of a write (no reader, a full disk) nothing more is written.
class line_writer {
  public:
    /// Makes the line, with its end, that replaces `lines` missing lines. Called on the writing thread.
    using lost_line = std::function<std::string(std::uint64_t lines)>;

    /// The file stays open and is not owned.
    line_writer(int file, lost_line make_lost_line);

    /// Calls finish().
    ~line_writer();

    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;

    /// Writes a line, or several that belong together, with their ends. Returns at once. Thread-safe.
    void write(std::string text);

    /// Writes this only if nothing else waits, and drops it otherwise; for text that is soon outdated. Thread-safe.
    void write_if_idle(std::string text);

    /// Returns the errno that ended the writing; 0 if there was none. Thread-safe.
    int error() const;

    /// Waits until everything is written, but no longer than `flush_max`. Later lines are dropped.
    void finish();

    /// Returns the number of lines that were not written. Called after finish().
    std::uint64_t unwritten() const;

    /// Limit of the queue. A call has a kilobyte of lines, most of it at its end: all calls of the default --max-calls
    /// may begin and end while the reader pauses.
    static constexpr std::size_t queue_bytes_max = std::size_t{1} << 20;

    /// How long finish() may wait for the reader. A reader that reads at all takes a full queue in less time, and the
    /// end of the process waits for it.
    static constexpr std::chrono::seconds flush_max{1};

  private:
    struct state;
    std::shared_ptr<state> state_; // shared with the thread, which lives longer if the reader never reads
    std::thread thread_;
};

} // namespace audiosocket::app
