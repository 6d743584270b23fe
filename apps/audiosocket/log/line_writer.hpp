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

/// Writes lines to a file on a thread of its own, so that whoever writes never waits for whoever reads.
///
/// How it works: lines wait in a queue, in order, for the thread, which gives each to the system with one write; a pipe
/// takes such a line (up to 4,096 bytes) whole or not at all. When the reader is so far behind that the queue is full,
/// lines are left out until it has read all that waits. Then one line tells how many there would have been.
///
/// The first error of a write (no reader any more, a full disk) is the last: nothing is written after it.
class line_writer {
  public:
    /// Makes the line, with its end, that stands where `lines` are missing. Called on the writing thread.
    using lost_line = std::function<std::string(std::uint64_t lines)>;

    /// The file stays open and belongs to the program.
    line_writer(int file, lost_line make_lost_line);

    /// finish().
    ~line_writer();

    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;

    /// A line, or several that belong together, with their ends. Returns at once. Thread-safe.
    void write(std::string text);

    /// Writes this only if nothing else waits, and forgets it otherwise: for what will be outdated soon. Thread-safe.
    void write_if_idle(std::string text);

    /// The errno that ended the writing; 0 if none has. Thread-safe.
    int error() const;

    /// Waits until everything is written, but no longer than `flush_max`. What is written later is forgotten.
    void finish();

    /// Lines that were not written: after finish().
    std::uint64_t unwritten() const;

    /// What may wait for the reader. A call has a kilobyte of lines, most of it at its end: all calls of the default
    /// --max-calls may come and go while the reader pauses.
    static constexpr std::size_t queue_bytes_max = std::size_t{1} << 20;

    /// How long the end may wait for the reader: one that reads at all takes a full queue in less, and whoever stops
    /// the program waits for it.
    static constexpr std::chrono::seconds flush_max{1};

  private:
    struct state;
    std::shared_ptr<state> state_; // shared with the thread, which a reader that never reads keeps beyond us
    std::thread thread_;
};

} // namespace audiosocket::app
