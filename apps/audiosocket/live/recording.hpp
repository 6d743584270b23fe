// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <memory>

namespace audiosocket::app {

/// The thread that writes to disk, so that a slow disk never delays a frame.
class disk_thread : public boost::asio::thread_pool {
  public:
    disk_thread() : boost::asio::thread_pool(1) {}
};

/// Creates the recorder of a call of this id that starts now. Its file is FOLDER/ID-TIME.wav, with the time in UTC, or
/// FOLDER/ID-TIME-2.wav and so on if that exists. The choice of names in `options` is replaced.
std::shared_ptr<call_recorder> record_call(disk_thread& disk, const std::filesystem::path& folder, const uuid& id,
                                           call_recorder_options options);

} // namespace audiosocket::app
