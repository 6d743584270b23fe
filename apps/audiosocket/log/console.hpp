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

/// The output for people: a log that scrolls and, on a terminal, a status line below it that is redrawn. Both go to
/// standard error, because standard output is for results. Nothing here waits for the reader: log lines that are not
/// read in time are left out and counted (line_writer). Not thread-safe; use from one thread.
class console {
  public:
    enum class verbosity { quiet, normal, verbose };

    /// With `json_log` the log is lines of JSON. If it goes to the journal of systemd, it has the journal's format.
    explicit console(verbosity how = verbosity::normal, bool json_log = false);
    ~console();
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    spdlog::logger& log() noexcept { return *log_; }

    /// Logs a line and its fields; the fields are shown only in JSON.
    void log(spdlog::level::level_enum level, const std::string& message, const boost::json::object& fields);

    /// Changes the format of the log and how much is logged.
    void change_log(verbosity how, bool json_log);

    /// Returns whether there was a terminal that has been closed.
    bool terminal_is_gone() const;

    /// Returns whether a status line would be seen: standard error is a terminal, and --quiet was not given.
    bool interactive() const noexcept { return interactive_; }

    /// Draws the status line, cut to the terminal's width. No effect if it would not be seen.
    void status(const std::string& line);

    /// Writes to standard error above the status line.
    void write(const std::string& text);

  private:
    const bool had_terminal_;
    bool interactive_;
    const bool to_journal_;
    const std::shared_ptr<std::atomic<log_format>> format_; // shared with the writing thread, which may live longer
    std::string status_;
    line_writer out_;
    std::shared_ptr<spdlog::logger> log_;
};

/// Returns a level as a bar of `width` cells from -60 dBFS to 0: "▇▇▇▇░░░░".
std::string level_bar(double dbfs, int width);

} // namespace audiosocket::app
