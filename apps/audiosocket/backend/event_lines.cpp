// SPDX-License-Identifier: Apache-2.0
#include "backend/event_lines.hpp"

#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <utility>

namespace audiosocket::app::backend {
namespace json = boost::json;

namespace {

// A set-up with its prompts is shorter. line_writer takes a mebibyte of lines in all.
constexpr std::size_t value_bytes_max = std::size_t{16} << 10;

// A peer may send 16 MiB in a message.
void shorten(json::object& fields) {
    for (auto& [name, value] : fields)
        if (const auto bytes = to_text(value).size(); bytes > value_bytes_max) value = fmt::format("({} bytes)", bytes);
}

std::string value_text(const json::value& value) {
    const auto* text = value.if_string();
    return text != nullptr ? printable({text->data(), text->size()}) : to_text(value);
}

} // namespace

event_lines::event_lines(bool json)
    : json_(json), out_(STDOUT_FILENO, [json](std::uint64_t lines) {
          return json ? to_text(json::object{{"event", "lost"}, {"lines", lines}}) + '\n'
                      : fmt::format("{} lines are missing here: the reader was too slow\n", lines);
      }) {}

void event_lines::write(unsigned call, std::chrono::nanoseconds age, std::string_view event, json::object fields) {
    shorten(fields);
    const double seconds = rounded(std::chrono::duration<double>(age).count());
    std::string line;
    if (json_) {
        json::object all{{"event", json::string_view(event.data(), event.size())}};
        if (call != 0) all["call"] = call;
        if (call != 0) all["seconds"] = seconds;
        for (auto& [name, value] : fields)
            all[name] = std::move(value);
        line = to_text(all);
    } else {
        line = call != 0 ? fmt::format("call {} {:8.3f} s  {}", call, seconds, event) : std::string(event);
        const char* before = ": ";
        for (const auto& [name, value] : fields)
            line += std::exchange(before, ", ") + std::string(name.data(), name.size()) + ' ' + value_text(value);
    }
    out_.write(std::move(line) + '\n');
}

} // namespace audiosocket::app::backend
