// SPDX-License-Identifier: Apache-2.0
#include "live/recording.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace audiosocket::app {
namespace {

std::string name_for(const uuid& id) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return fmt::format("{}-{:%Y%m%dT%H%M%S}.{:03}Z", to_string(id), fmt::gmtime(now),
                       now.time_since_epoch().count() % 1000);
}

} // namespace

std::shared_ptr<call_recorder> record_call(disk_thread& disk, const std::filesystem::path& folder, const uuid& id,
                                           call_recorder_options options) {
    const auto name = name_for(id);
    // Two calls with one id may start in one millisecond.
    options.next_file = [folder, name](int attempt) { return folder / fmt::format("{}-{}.wav", name, attempt); };
    return std::make_shared<call_recorder>(disk.get_executor(), folder / (name + ".wav"), std::move(options));
}

} // namespace audiosocket::app
