// SPDX-License-Identifier: Apache-2.0
#include "live/call_file_name.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace audiosocket::app {

std::string call_file_name(const uuid& id) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return fmt::format("{}-{:%Y%m%dT%H%M%S}.{:03}Z", to_string(id), fmt::gmtime(now),
                       now.time_since_epoch().count() % 1000);
}

} // namespace audiosocket::app
