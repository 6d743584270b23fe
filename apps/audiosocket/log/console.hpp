// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log/line_writer.hpp"
#include "log/log_line.hpp"

#include <spdlog/logger.h>

#include <boost/json/object.hpp>

#include <atomic>
#include <memory>
#include <string>

namespace audiosocket::app {

/// What a person watches: a log that scrolls and, on a terminal, one status line below it that is drawn over and over.
/// Both go to standard error; standard output is for results. Nothing here waits for the terminal or whoever else
/// reads: log lines that nobody reads are left out and counted (line_writer). Not thread-safe; use from one thread.
class console {
  public:
    enum class verbosity { quiet, normal, verbose };

    /// With `json_log` the log is lines of JSON. Where it goes to the journal of systemd, it looks as that wants it.
    explicit console(verbosity how = verbosity::normal, bool json_log = false);
    ~console();
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    spdlog::logger& log() noexcept { return *log_; }

    /// A line of the log with what it is about, which is shown where the log is JSON.
    void log(spdlog::level::level_enum level, const std::string& message, const boost::json::object& fields);

    /// From now on the log looks like this, and says so much.
    void change_log(verbosity how, bool json_log);

    /// Whether there was a terminal, and it has been closed.
    bool terminal_is_gone() const;

    /// Whether a status line would be seen: standard error is a terminal and nobody asked for quiet.
    bool interactive() const noexcept { return interactive_; }

    /// Draws the status line; cut to the terminal's width. Nothing happens where it would not be seen.
    void status(const std::string& line);

    /// Writes to standard error above the status line.
    void write(const std::string& text);

  private:
    const bool had_terminal_;
    bool interactive_;
    const bool to_journal_;
    const std::shared_ptr<std::atomic<log_format>> format_; // shared with the writing thread, which may outlive us
    std::string status_;
    line_writer out_;
    std::shared_ptr<spdlog::logger> log_;
};

/// A level as a bar of `width` cells from -60 dBFS to 0: "▇▇▇▇░░░░".
std::string level_bar(double dbfs, int width);

} // namespace audiosocket::app
