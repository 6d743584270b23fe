// SPDX-License-Identifier: Apache-2.0
#include "log/log_line.hpp"

#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace audiosocket::app {
namespace {

namespace json = boost::json;
using std::chrono::system_clock;

// The priorities of syslog, which sd-daemon(3) expects before each line.
int priority(spdlog::level::level_enum level) {
    switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return 7;
    case spdlog::level::info: return 6;
    case spdlog::level::warn: return 4;
    case spdlog::level::err: return 3;
    default: return 2;
    }
}

std::string_view name_of(spdlog::level::level_enum level) {
    const auto name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
}

long long milliseconds_of(system_clock::time_point when) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count() % 1000;
}

std::string object_text(spdlog::level::level_enum level, const std::string& message, const json::object& fields,
                        system_clock::time_point when) {
    json::object line{
        {"time",
         fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(when)), milliseconds_of(when))},
        {"level", name_of(level)},
        {"message", message},
    };
    for (const auto& [name, value] : fields) {
        const auto* text = value.if_string();
        line[name] = text ? json::value(printable({text->data(), text->size()})) : value;
    }
    return to_text(line);
}

} // namespace

std::string log_line(log_format how, spdlog::level::level_enum level, std::string_view message,
                     const json::object& fields, system_clock::time_point when) {
    const auto text = printable(message);
    switch (how) {
    case log_format::json: return object_text(level, text, fields, when) + '\n';
    case log_format::journal: return fmt::format("<{}>{}\n", priority(level), text);
    case log_format::journal_json:
        return fmt::format("<{}>{}\n", priority(level), object_text(level, text, fields, when));
    case log_format::text: break;
    }
    return fmt::format("{:%H:%M:%S}.{:03} {}: {}\n", fmt::localtime(system_clock::to_time_t(when)),
                       milliseconds_of(when), name_of(level), text);
}

// As systemd.exec(5) describes: the variable names device and file, and may be inherited by processes that log
// elsewhere.
bool logs_to_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat about {};
    return stream && fstat(STDERR_FILENO, &about) == 0 && fmt::format("{}:{}", about.st_dev, about.st_ino) == stream;
}

} // namespace audiosocket::app
