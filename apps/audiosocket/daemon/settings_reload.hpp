// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_service.hpp"
#include "daemon/daemon_options.hpp"
#include "settings/settings_changes.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app {

/// Reads the settings again on the disk thread, because reading loads sound files, and calls may run on the main
/// thread. One reading at a time. Used on the thread of `main`, which must outlive it.
class settings_reload {
  public:
    /// The outcome of one reading.
    struct outcome {
        std::optional<daemon_options> fresh; ///< Nothing if the settings are wrong.
        std::string mistakes;                ///< Then a line for each mistake.
        bool asked_again = false;            ///< start() was called during the reading: the result may be outdated.
    };
    using handler = std::function<void(std::shared_ptr<const outcome>)>;

    settings_reload(boost::asio::io_context& main, disk_thread& disk, settings_reader read, handler done);

    /// Returns whether there is a reader.
    explicit operator bool() const noexcept { return static_cast<bool>(read_); }

    /// Starts a reading. Returns false if a reading is in progress; its outcome then says that start() was called
    /// again.
    bool start();

  private:
    boost::asio::io_context& main_;
    disk_thread& disk_;
    const settings_reader read_;
    const handler done_;
    bool reading_ = false;
    bool asked_again_ = false; // while reading
};

/// Applies a new token from the same file at the admin address, and adds that to `changes`. Another file, or none,
/// needs a restart.
void take_token(admin::admin_service& at, std::string& current, const std::string& fresh, settings_changes& changes);

} // namespace audiosocket::app
