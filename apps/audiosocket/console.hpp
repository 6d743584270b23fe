#pragma once

#include "audiosocket/line_writer.hpp"

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace audiosocket::app {

/// What a person watches: a log that scrolls and, on a terminal, one status line below it that is drawn over and over.
/// Both go to standard error; standard output is for results. Nothing here waits for the terminal or whoever else
/// reads: log lines that nobody reads are left out and counted (line_writer). Not thread-safe; use from one thread.
class console {
  public:
    enum class verbosity { quiet, normal, verbose };

    explicit console(verbosity how = verbosity::normal);
    ~console();
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    spdlog::logger& log() noexcept { return *log_; }

    /// Whether a status line would be seen: standard error is a terminal and nobody asked for quiet.
    bool interactive() const noexcept { return interactive_; }

    /// Draws the status line; cut to the terminal's width. Nothing happens where it would not be seen.
    void status(const std::string& line);

    /// Writes to standard error above the status line.
    void write(const std::string& text);

  private:
    bool interactive_;
    std::string status_;
    line_writer out_;
    std::shared_ptr<spdlog::logger> log_;
};

/// A level as a bar of `width` cells from -60 dBFS to 0: "▇▇▇▇░░░░".
std::string level_bar(double dbfs, int width);

} // namespace audiosocket::app
