// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_line.hpp"

#include "base/host_port.hpp"
#include "log/console.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace audiosocket::app {
namespace {

// Calls that have a meter: as many as fit on a terminal.
constexpr std::size_t metered_calls_max = 3;

constexpr int meter_cells = 8;

} // namespace

std::string status_line(const call_registry& calls, std::optional<std::chrono::nanoseconds> stops_in) {
    auto line = fmt::format("{} in progress, {} ended", calls.in_progress(), calls.ended());
    for (const auto& c : calls.oldest(metered_calls_max)) {
        line += fmt::format(" | {} {:%M:%S} received {} sent {}", to_string(c->line().id()).substr(0, 8),
                            std::chrono::duration_cast<std::chrono::seconds>(c->age()),
                            level_bar(c->take_received_level().rms_dbfs, meter_cells),
                            level_bar(c->take_sent_level().rms_dbfs, meter_cells));
    }
    if (stops_in)
        line += fmt::format(" | stopping in {} s", std::chrono::ceil<std::chrono::seconds>(*stops_in).count());
    return line;
}

std::string service_status(const boost::asio::ip::tcp::endpoint& at) {
    return "answering calls on " + host_port(at);
}

} // namespace audiosocket::app
