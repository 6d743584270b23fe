#include "audiosocket/console.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace audiosocket::app {
namespace {

constexpr const char* erase_line = "\r\033[K";

constexpr const char* log_pattern = "%H:%M:%S.%e %l: %v";

// Where the terminal does not tell its width.
constexpr std::size_t default_columns = 80;

class console_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit console_sink(console& to) : to_(to) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        to_.write({text.data(), text.size()});
    }
    void flush_() override {}

    console& to_;
};

// A line of the log, made without the logger: it is the thread that writes who needs it.
std::string lost_line(std::uint64_t lines) {
    const auto text = fmt::format("{} lines of this log are missing here: nobody read them", lines);
    spdlog::memory_buf_t line;
    spdlog::pattern_formatter(log_pattern).format({"audiosocket", spdlog::level::warn, text}, line);
    return {line.data(), line.size()};
}

std::size_t terminal_columns() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
    return size.ws_col;
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80; // UTF-8
}

// The first `columns` characters; every character that we draw is one column wide.
std::string cut_to(const std::string& text, std::size_t columns) {
    std::size_t at = 0;
    for (std::size_t used = 0; at < text.size(); ++at)
        if (!continues_character(text[at]) && used++ == columns) break;
    return text.substr(0, at);
}

} // namespace

console::console(verbosity how)
    : interactive_(how != verbosity::quiet && isatty(STDERR_FILENO) != 0), out_(STDERR_FILENO, lost_line),
      log_(std::make_shared<spdlog::logger>("audiosocket", std::make_shared<console_sink>(*this))) {
    log_->set_pattern(log_pattern);
    log_->set_level(how == verbosity::quiet     ? spdlog::level::warn
                    : how == verbosity::verbose ? spdlog::level::debug
                                                : spdlog::level::info);
}

console::~console() {
    if (!status_.empty()) out_.write(erase_line);
}

void console::status(const std::string& line) {
    if (!interactive_) return;
    status_ = cut_to(line, terminal_columns() - 1);
    out_.write_if_idle(erase_line + status_); // the next one is not far
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
