// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/call_registry.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace audiosocket::app {

/// Returns the status line: how many calls are in progress and have ended, a meter for each of the oldest three calls,
/// and the time that is left while the process stops.
std::string status_line(const call_registry& calls, std::optional<std::chrono::nanoseconds> stops_in);

/// Returns the status that the service manager shows for a process that answers calls here.
std::string service_status(const boost::asio::ip::tcp::endpoint& at);

} // namespace audiosocket::app
