// SPDX-License-Identifier: Apache-2.0
#include "live/recording.hpp"

#include "live/call_file_name.hpp"

#include <audiosocket/net/detail/run_context.hpp>

#include <fmt/format.h>

#include <utility>

namespace audiosocket::app {

disk_thread::disk_thread() : work_(io_.get_executor()), thread_([this] { detail::run_to_the_end(io_); }) {}

void disk_thread::join() {
    if (!thread_.joinable()) return;
    work_.reset();
    thread_.join();
}

std::shared_ptr<call_recorder> record_call(disk_thread& disk, const std::filesystem::path& folder, const uuid& id,
                                           call_recorder_options options) {
    const auto name = call_file_name(id);
    options.next_file = [folder, name](int attempt) { return folder / fmt::format("{}-{}.wav", name, attempt); };
    return std::make_shared<call_recorder>(disk.get_executor(), folder / (name + ".wav"), std::move(options));
}

} // namespace audiosocket::app
