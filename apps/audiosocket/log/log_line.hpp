// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/common.h>

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace audiosocket::app {

/// The format of a line of the log.
enum class log_format {
    text,         ///< For people: `12:34:56.789 info: message`, in local time.
    json,         ///< For tools: an object with `time` (RFC 3339, UTC), `level`, `message` and the fields.
    journal,      ///< For systemd, which adds the time: `<6>message`.
    journal_json, ///< `<6>` and an object; the journal removes the priority.
};

/// Returns the line with its end. Control characters in the message and the fields are escaped, so it is always one
/// line.
std::string log_line(log_format how, spdlog::level::level_enum level, std::string_view message,
                     const boost::json::object& fields = {},
                     std::chrono::system_clock::time_point when = std::chrono::system_clock::now());

/// Returns whether standard error goes to systemd's journal.
bool logs_to_journal();

} // namespace audiosocket::app
