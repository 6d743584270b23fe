// SPDX-License-Identifier: Apache-2.0
#include "log/console.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace audiosocket::app {
namespace {

constexpr const char* erase_line = "\r\033[K";

// Used if the terminal does not report its width.
constexpr std::size_t default_columns = 80;

class console_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit console_sink(console& to) : to_(to) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        to_.log(message.level, {message.payload.data(), message.payload.size()}, {});
    }
    void flush_() override {}

    console& to_;
};

log_format format_for(bool json, bool to_journal) {
    if (to_journal) return json ? log_format::journal_json : log_format::journal;
    return json ? log_format::json : log_format::text;
}

spdlog::level::level_enum level_for(console::verbosity how) {
    switch (how) {
    case console::verbosity::quiet: return spdlog::level::warn;
    case console::verbosity::verbose: return spdlog::level::debug;
    case console::verbosity::normal: break;
    }
    return spdlog::level::info;
}

std::size_t terminal_columns() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
    return size.ws_col;
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80; // UTF-8 continuation byte
}

// Returns the first `columns` characters; every character that we draw is one column wide.
std::string cut_to(const std::string& text, std::size_t columns) {
    std::size_t at = 0;
    for (std::size_t used = 0; at < text.size(); ++at)
        if (!continues_character(text[at]) && used++ == columns) break;
    return text.substr(0, at);
}

} // namespace

console::console(verbosity how, bool json_log)
    : had_terminal_(isatty(STDERR_FILENO) != 0), interactive_(how != verbosity::quiet && had_terminal_),
      to_journal_(logs_to_journal()),
      format_(std::make_shared<std::atomic<log_format>>(format_for(json_log, to_journal_))),
      out_(STDERR_FILENO,
           [format = format_](std::uint64_t lines) {
               return log_line(*format, spdlog::level::warn,
                               fmt::format("{} lines of this log are missing here: they were not read in time", lines));
           }),
      log_(std::make_shared<spdlog::logger>("audiosocket", std::make_shared<console_sink>(*this))) {
    log_->set_level(level_for(how));
}

void console::log(spdlog::level::level_enum level, const std::string& message, const boost::json::object& fields) {
    if (log_->should_log(level)) write(log_line(*format_, level, message, fields));
}

void console::change_log(verbosity how, bool json_log) {
    log_->set_level(level_for(how));
    *format_ = format_for(json_log, to_journal_);
}

bool console::terminal_is_gone() const {
    return had_terminal_ && isatty(STDERR_FILENO) == 0;
}

console::~console() {
    if (!status_.empty()) out_.write(erase_line);
}

void console::status(const std::string& line) {
    if (!interactive_) return;
    status_ = cut_to(line, terminal_columns() - 1);
    out_.write_if_idle(erase_line + status_); // the next status line follows soon
}

void console::write(const std::string& text) {
    out_.write(status_.empty() ? text : erase_line + text + status_);
}

std::string level_bar(double dbfs, int width) {
    constexpr double quietest_dbfs = -60;
    const double filled = std::clamp((dbfs - quietest_dbfs) / -quietest_dbfs, 0.0, 1.0) * width;
    std::string bar;
    for (int i = 0; i < width; ++i)
        bar += i < std::lround(filled) ? "▇" : "░";
    return bar;
}

} // namespace audiosocket::app
